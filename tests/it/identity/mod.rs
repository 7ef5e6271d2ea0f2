mod attempts;
mod keys;
mod sessions;
mod spellings;
mod users;
