//! What the schema says of fields, arguments and lists, for everything that looks at documents before they are executed.

use async_graphql::parser::types::OperationType;
use async_graphql::registry::{MetaField, MetaInputValue, MetaType, MetaTypeName, Registry};

use crate::platform::db::{DEFAULT_PAGE, MAX_PAGE};

/// The types of the schema.
pub struct Types(Registry);

/// How many rows a list can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// It is no list of objects, or one that was counted at the page that it belongs to.
    One,
    /// So many, whatever is asked.
    Always(u64),
    /// As many as `first` or `last` says.
    Page {
        /// When neither is given.
        default: u64,
        /// At most.
        most: u64,
    },
    /// As many as are named in this argument, at most.
    Named(&'static str, u64),
}

const fn page(default: u64, most: u64) -> Rows {
    Rows::Page { default, most }
}

/// Lists of objects that are no pages, and pages that are longer than others.
const LISTS: &[(&str, &str, Rows)] = &[
    ("Query", "agendaEvents", page(25, 5000)),
    ("Query", "agendaFreeSlots", page(25, 100)),
    ("Query", "clientSearch", page(10, 50)),
    ("Query", "deadLetterGroups", Rows::Always(100)),
    ("Query", "jobsUnderWay", Rows::Always(100)),
    ("Query", "markets", Rows::Always(100)),
    ("Query", "nodes", Rows::Named("ids", 100)),
    ("Query", "syncCounts", Rows::Always(20)),
    ("Query", "syncFailureGroups", Rows::Always(100)),
    ("AgendaEvent", "availableActions", Rows::Always(9)),
    ("AgendaEventPayload", "warnings", Rows::Always(10)),
    ("AuditEntry", "changes", Rows::Always(20)),
    ("Client", "availableActions", Rows::Always(7)),
    ("Client", "externalRefs", Rows::Always(100)),
    ("ClientSummary", "byStatus", Rows::Always(4)),
    ("EventLogEntry", "attachments", Rows::Always(20)),
    ("Market", "ecosystems", Rows::Always(100)),
    ("SyncHealth", "lanes", Rows::Always(10)),
    ("WorkingCalendar", "holidays", Rows::Always(500)),
    ("WorkingCalendar", "hours", Rows::Always(50)),
];

/// Rows of what every payload has, `userErrors` and `conflict`: one for each field that is wrong, none of which costs a look
/// into the database.
const REFUSALS: u64 = 5;

impl Types {
    /// Of a registry that holds them all.
    pub fn new(registry: Registry) -> Self {
        Types(registry)
    }

    /// The type that an operation selects from.
    pub fn root(&self, of: OperationType) -> Option<&str> {
        match of {
            OperationType::Query => Some(&self.0.query_type),
            OperationType::Mutation => self.0.mutation_type.as_deref(),
            OperationType::Subscription => self.0.subscription_type.as_deref(),
        }
    }

    /// A field of a type.
    pub fn field(&self, parent: &str, name: &str) -> Option<&MetaField> {
        self.0.types.get(parent)?.field_by_name(name)
    }

    /// The type that a field's selection is about.
    pub fn selected(&self, parent: Option<&str>, name: &str) -> Option<&str> {
        let parent = parent?;
        match self.field(parent, name) {
            Some(field) => Some(MetaTypeName::concrete_typename(&field.ty)),
            None => introspected(name),
        }
    }

    /// The types that the objects behind an interface or a union have; `None` for any other type.
    pub fn kinds(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        match self.0.types.get(name)? {
            MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. } => {
                Some(possible_types.iter().map(String::as_str))
            }
            _ => None,
        }
    }

    /// Whether a fragment on `condition` holds for an object of this type.
    pub fn applies(&self, condition: &str, object: &str) -> bool {
        condition == object || self.0.types.get(condition).is_some_and(|on| on.is_possible_type(object))
    }

    /// The type with this name.
    pub fn named(&self, name: &str) -> Option<&MetaType> {
        self.0.types.get(name)
    }

    /// A field of an input object.
    pub fn input_field(&self, object: &str, name: &str) -> Option<&MetaInputValue> {
        match self.0.types.get(object)? {
            MetaType::InputObject { input_fields, .. } => input_fields.get(name),
            _ => None,
        }
    }

    /// How many rows a field can give.
    pub fn rows(&self, parent: &str, name: &str) -> Rows {
        let Some(field) = self.field(parent, name) else { return Rows::One };
        let of = MetaTypeName::concrete_typename(&field.ty);
        if let Some((.., rows)) = LISTS.iter().find(|(on, list, _)| (*on, *list) == (parent, name)) {
            return *rows;
        }
        let pages = u64::from(MAX_PAGE.unsigned_abs());
        if of.ends_with("Connection") {
            return page(u64::from(DEFAULT_PAGE.unsigned_abs()), pages);
        }
        let objects = self.0.types.get(of).is_some_and(MetaType::is_composite);
        if !objects || !MetaTypeName::create(&field.ty).is_list() || parent.ends_with("Connection") {
            return Rows::One;
        }
        // One that nobody declared counts as much as any list but the agenda can give.
        Rows::Always(if ["userErrors", "conflict"].contains(&name) { REFUSALS } else { pages })
    }
}

#[cfg(test)]
impl Types {
    /// Lists of objects that count as much as any can give, for nobody declared them; and declared ones that are none.
    pub fn undeclared(&self) -> Vec<String> {
        let declared =
            |parent: &str, field: &str| LISTS.iter().any(|(on, list, _)| (*on, *list) == (parent, field));
        let mut found = Vec::new();
        // From the roots on: the registry also holds the parts that the roots were merged of.
        let roots = [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
        let mut known: std::collections::BTreeSet<&str> =
            roots.iter().filter_map(|of| self.root(*of)).collect();
        let mut open: Vec<&str> = known.iter().copied().collect();
        while let Some(parent) = open.pop() {
            let Some(of) = self.named(parent) else { continue };
            let kinds = of.possible_types().into_iter().flatten().map(String::as_str);
            let inner = of.fields().into_iter().flatten();
            let inner = inner.map(|(_, field)| MetaTypeName::concrete_typename(&field.ty));
            open.extend(kinds.chain(inner).filter(|name| known.insert(name)));
            for (name, field) in of.fields().into_iter().flatten() {
                let payload = ["userErrors", "conflict"].contains(&name.as_str());
                let counted = matches!(self.rows(parent, name), Rows::Always(_)) && !payload;
                if counted && !declared(parent, name) {
                    found.push(format!("{parent}.{name}: {}", field.ty));
                }
            }
        }
        let gone = LISTS.iter().filter(|(on, list, _)| self.field(on, list).is_none());
        found.extend(gone.map(|(on, list, _)| format!("{on}.{list} is no field")));
        found
    }
}

/// What the fields of introspection select: their types are not in the registry, and their names are no others'.
fn introspected(field: &str) -> Option<&'static str> {
    Some(match field {
        "__schema" => "__Schema",
        "__type" | "types" | "queryType" | "mutationType" | "subscriptionType" | "interfaces"
        | "possibleTypes" | "ofType" | "type" => "__Type",
        "directives" => "__Directive",
        "fields" => "__Field",
        "args" | "inputFields" => "__InputValue",
        "enumValues" => "__EnumValue",
        _ => return None,
    })
}
