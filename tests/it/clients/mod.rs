mod lists;
mod names;
mod search;
mod tax_ids;
mod upgrade;
mod writes;
