mod documents;
mod health;
mod limits;
mod metrics;
mod protocol;
mod silent;
mod stopped;
mod suggestions;
