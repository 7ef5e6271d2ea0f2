mod lists;
mod names;
mod search;
mod writes;
