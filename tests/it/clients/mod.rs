mod lists;
mod search;
mod twice;
mod writes;
