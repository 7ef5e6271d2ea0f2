//! From commit to screen.

mod away;
mod changes;
mod dashboard;
mod events;
mod frames;
mod idle;
mod items;
mod notifications;
mod order;
mod slow;
mod socket;
mod unreadable;
