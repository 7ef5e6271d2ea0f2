//! The tables of the agenda.

pub mod agenda_event;
pub mod agenda_series;
pub mod agenda_settings;
pub mod working_calendar;
