//! Both sides of a record compared with what they held when they last met. Pure, so that the rule can be tested by itself.

use super::mapping::{Decides, Field};
use crate::domains::sync::ledger::Values;

/// What is to be done so that both sides hold the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// What both are to hold.
    pub both: Values,
    /// What is to be changed here.
    pub here: Values,
    /// What was changed there and is overwritten from here, with what overwrites it.
    pub overwritten: Vec<Overwritten>,
    /// What is not sent, for there is no such value there.
    pub unknown: Vec<&'static str>,
}

/// A value of Odoo that is overwritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwritten {
    /// The field, by its name here.
    pub field: &'static str,
    /// What stood there.
    pub theirs: Option<String>,
    /// What stands there from now on.
    pub ours: Option<String>,
}

/// Which way things may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directions {
    /// Changes from here go there.
    pub push: bool,
    /// Changes from there come here.
    pub pull: bool,
}

/// Compares a thing here with its record there, and with what both held when they last met.
pub fn merge(
    fields: &[Field],
    directions: Directions,
    base: &Values,
    ours: &Values,
    theirs: &Values,
) -> Merged {
    let mut merged = Merged::default();
    for field in fields {
        let of = |values: &Values| values.get(field.ours).cloned().flatten();
        let (mine, there) = (of(ours), of(theirs));
        if mine == there {
            merged.both.insert(field.ours.to_owned(), mine);
            continue;
        }
        // Before they ever met, what is empty gives way.
        let met = base.contains_key(field.ours);
        let (changed_here, changed_there) =
            if met { (mine != of(base), there != of(base)) } else { (mine.is_some(), there.is_some()) };
        let decides = match (directions.push, directions.pull) {
            (_, false) => Decides::Cabina,
            (false, _) => Decides::Odoo,
            _ => field.decides,
        };
        let take_theirs = match decides {
            Decides::Cabina => false,
            Decides::Odoo => true,
            Decides::WhoChanged => changed_there && !changed_here,
        };
        if take_theirs {
            merged.here.insert(field.ours.to_owned(), there.clone());
            merged.both.insert(field.ours.to_owned(), there);
        } else {
            if changed_there {
                merged.overwritten.push(Overwritten { field: field.ours, theirs: there, ours: mine.clone() });
            }
            merged.both.insert(field.ours.to_owned(), mine);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flows::odoo::mapping::Kind;

    const BOTH: Directions = Directions { push: true, pull: true };

    fn field(decides: Decides) -> Field {
        Field { ours: "name", theirs: "name", kind: Kind::Text, decides }
    }

    fn holds(value: &Option<String>) -> Values {
        Values::from([("name".to_owned(), value.clone())])
    }

    fn run(
        decides: Decides,
        directions: Directions,
        base: &Option<String>,
        ours: &Option<String>,
        theirs: &Option<String>,
    ) -> Merged {
        merge(&[field(decides)], directions, &holds(base), &holds(ours), &holds(theirs))
    }

    #[test]
    fn who_changed_it_decides_and_cabina_when_both_did() {
        let text = |text: &str| Some(text.to_owned());
        let (old, new, other) = (text("old"), text("new"), text("other"));
        let taken = run(Decides::WhoChanged, BOTH, &old, &old, &new);
        assert_eq!((taken.here, taken.overwritten.len()), (holds(&new), 0));
        let kept = run(Decides::WhoChanged, BOTH, &old, &new, &old);
        assert_eq!((kept.both, kept.here.len(), kept.overwritten.len()), (holds(&new), 0, 0));
        let both = run(Decides::WhoChanged, BOTH, &old, &new, &other);
        let lost = Overwritten { field: "name", theirs: other.clone(), ours: new.clone() };
        assert_eq!((both.both, both.overwritten), (holds(&new), vec![lost]));
        let cleared = run(Decides::WhoChanged, BOTH, &old, &old, &None);
        assert_eq!(cleared.here, holds(&None), "clearing is a change");
        let accounting = run(Decides::Odoo, BOTH, &old, &new, &old);
        assert_eq!(accounting.here, holds(&old), "what Odoo decides comes back");
    }

    #[test]
    fn before_they_ever_met_what_is_empty_gives_way() {
        let some = Some("x".to_owned());
        let merged = merge(&[field(Decides::WhoChanged)], BOTH, &Values::new(), &holds(&None), &holds(&some));
        assert_eq!(merged.here, holds(&some));
        let merged = merge(&[field(Decides::WhoChanged)], BOTH, &Values::new(), &holds(&some), &holds(&None));
        assert_eq!((merged.both, merged.here.len()), (holds(&some), 0));
    }

    fn any_value() -> impl Strategy<Value = Option<String>> {
        proptest::option::of("[ab]")
    }

    proptest! {
        #[test]
        fn after_a_merge_both_hold_the_same_and_nothing_is_lost_in_silence(
            base in any_value(), ours in any_value(), theirs in any_value(),
            decides in prop_oneof![Just(Decides::Cabina), Just(Decides::Odoo), Just(Decides::WhoChanged)],
            push: bool, pull: bool,
        ) {
            let merged = run(decides, Directions { push, pull }, &base, &ours, &theirs);
            let both = merged.both["name"].clone();
            prop_assert!(both == ours || both == theirs);
            let here = merged.here.get("name").cloned().unwrap_or(ours.clone());
            prop_assert_eq!(&here, &both);
            prop_assert!(pull || merged.here.is_empty());
            if both != theirs && theirs != base {
                prop_assert_eq!(merged.overwritten.len(), 1);
            }
            let again = merge(&[field(decides)], Directions { push, pull }, &merged.both, &merged.both, &merged.both);
            prop_assert!(again.here.is_empty() && again.overwritten.is_empty() && again.both == merged.both);
        }
    }
}
