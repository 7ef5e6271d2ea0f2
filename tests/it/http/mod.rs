mod health;
mod limits;
mod protocol;
mod stopped;
