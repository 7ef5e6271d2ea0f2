mod health;
mod limits;
mod moments;
mod protocol;
