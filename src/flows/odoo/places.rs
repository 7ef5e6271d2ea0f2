//! The countries and states of an Odoo server, by the names they have here.

use std::collections::HashMap;

use crate::integrations::odoo::{Call, Domain, Fault, Odoo};
use crate::kernel::text;

/// Countries and states.
#[derive(Clone, Debug, Default)]
pub struct Places {
    countries: HashMap<String, i64>,
    codes: HashMap<i64, String>,
    regions: HashMap<(String, String), i64>,
    names: HashMap<i64, String>,
}

impl Places {
    /// Asks the server for all of them.
    ///
    /// # Errors
    /// Those of the calls.
    pub async fn of(odoo: &Odoo) -> Result<Places, Fault> {
        let mut places = Places::default();
        let every = Call::search_read("res.country", Domain::all(), &["code"]);
        for country in odoo.run(every).await? {
            let id = country.id()?;
            let Some(code) = country.text("code")?.map(str::to_owned) else { continue };
            places.countries.insert(code.clone(), id);
            places.codes.insert(id, code);
        }
        let every = Call::search_read("res.country.state", Domain::all(), &["name", "country_id"]).bare();
        for region in odoo.run(every).await? {
            let (id, name) = (region.id()?, text::tidy(region.text("name")?.unwrap_or_default()));
            let country = region.many2one("country_id")?.and_then(|country| places.code(country));
            places.regions.insert((country.unwrap_or_default(), text::fold(&name)), id);
            places.names.insert(id, name);
        }
        Ok(places)
    }

    /// The id of a country.
    pub fn country(&self, code: &str) -> Option<i64> {
        self.countries.get(code).copied()
    }

    /// The code of a country.
    pub fn code(&self, id: i64) -> Option<String> {
        self.codes.get(&id).cloned()
    }

    /// The id of a state of a country, by its name however it is accented.
    pub fn region(&self, country: Option<&str>, name: &str) -> Option<i64> {
        self.regions.get(&(country.unwrap_or_default().to_owned(), text::fold(name))).copied()
    }

    /// The name of a state.
    pub fn name(&self, id: i64) -> Option<String> {
        self.names.get(&id).cloned()
    }
}
