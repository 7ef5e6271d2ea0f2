mod keys;
mod sessions;
mod users;
