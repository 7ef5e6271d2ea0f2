mod lists;
mod search;
mod writes;
