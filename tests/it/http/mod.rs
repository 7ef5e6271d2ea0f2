mod documents;
mod health;
mod limits;
mod protocol;
