//! The tables of cabina. Each migration is one SQL text for both databases, up and down, in which the few words that
//! differ between SQLite and PostgreSQL stand in braces (see `dialect.rs`).

pub use sea_orm_migration::prelude::*;

mod dialect;
mod m20261121_000001_platform;
mod m20261121_000002_identity;
mod m20261121_000003_clients;
mod m20261121_000004_search_words;
mod m20261121_000005_relay;
mod m20261121_000006_attachments;
mod m20261121_000007_notifications;
mod m20261121_000008_jobs;
mod m20261121_000009_place;
mod m20261121_000010_sync;
mod m20261121_000011_progress;
mod m20261121_000012_agenda;
mod m20261121_000013_trails;
mod m20261121_000014_pull_place;
mod m20261130_000017_heartbeat;
mod m20261130_000018_domains;
mod m20261130_000019_search_forms;
mod m20261130_000021_refresh_generation;
mod m20261130_000022_name_forms;
mod m20261130_000023_rollout;
mod m20261130_000024_sync_lanes;
mod m20261130_000025_newcomers;
mod m20261130_000026_number_series;
mod m20261130_000027_event_log_codes;
mod m20261130_000028_redaction;

/// Runs the migrations.
pub struct Migrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_platform::Migration),
            Box::new(m20261121_000002_identity::Migration),
            Box::new(m20261121_000003_clients::Migration),
            Box::new(m20261121_000004_search_words::Migration),
            Box::new(m20261121_000005_relay::Migration),
            Box::new(m20261121_000006_attachments::Migration),
            Box::new(m20261121_000007_notifications::Migration),
            Box::new(m20261121_000008_jobs::Migration),
            Box::new(m20261121_000009_place::Migration),
            Box::new(m20261121_000010_sync::Migration),
            Box::new(m20261121_000011_progress::Migration),
            Box::new(m20261121_000012_agenda::Migration),
            Box::new(m20261121_000013_trails::Migration),
            Box::new(m20261121_000014_pull_place::Migration),
            Box::new(m20261130_000017_heartbeat::Migration),
            Box::new(m20261130_000018_domains::Migration),
            Box::new(m20261130_000019_search_forms::Migration),
            Box::new(m20261130_000021_refresh_generation::Migration),
            Box::new(m20261130_000022_name_forms::Migration),
            Box::new(m20261130_000023_rollout::Migration),
            Box::new(m20261130_000024_sync_lanes::Migration),
            Box::new(m20261130_000025_newcomers::Migration),
            Box::new(m20261130_000026_number_series::Migration),
            Box::new(m20261130_000027_event_log_codes::Migration),
            Box::new(m20261130_000028_redaction::Migration),
        ]
    }
}
