mod attempts;
mod keys;
mod sessions;
mod users;
