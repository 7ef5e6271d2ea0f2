mod health;
mod limits;
mod protocol;
mod silent;
