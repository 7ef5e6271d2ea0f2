mod health;
mod limits;
mod protocol;
mod suggestions;
