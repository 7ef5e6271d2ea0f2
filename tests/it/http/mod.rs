mod health;
mod limits;
mod protocol;
