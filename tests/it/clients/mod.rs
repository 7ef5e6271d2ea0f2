mod lists;
mod names;
mod search;
mod tax_ids;
mod told;
mod twice;
mod upgrade;
mod writes;
