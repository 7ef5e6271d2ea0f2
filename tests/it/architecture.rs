//! The storeys of the house: imports go down, neighbours do not know each other, and nothing goes round in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The storeys, lowest first. Rooms of one storey do not know each other, unless one is listed as the other's trunk.
const STOREYS: &[&[&str]] = &[
    &["kernel"],
    &["platform"],
    &["domains::identity"],
    &["domains::notifications"],
    &["domains::clients"],
    &["domains::sync", "domains::agenda"],
    &["views", "integrations"],
    &["sandbox"],
    &["flows"],
    &["graphql"],
    &["http"],
    &["demo"],
    &["app"],
    &["worker"],
    &["commands"],
];

/// Inside `graphql/`, lowest first.
const GRAPHQL: &[&[&str]] = &[
    &["context", "fast", "page", "scalars", "error", "documents", "size"],
    &["payload"],
    &["failures"],
    &["nodes"],
    &["live", "board"],
    &["edges"],
    &["roots"],
    &["schema"],
    &["engine", "streams"],
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module path of a file below `src`: `domains::clients::rules`.
fn module(root: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(root).expect("below src").with_extension("");
    let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("::").trim_end_matches("::mod").to_owned()
}

/// Every `crate::…` path that a file names outside of its tests and comments; braces are opened.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String =
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        open("", &code[at + "crate::".len()..], &mut found);
    }
    found
}

/// Reads one path, or a list of paths in braces, after a prefix.
fn open(prefix: &str, rest: &str, found: &mut BTreeSet<String>) {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
    let (path, after) = (&rest[..end], &rest[end..]);
    let path = format!("{prefix}{path}");
    if !(path.ends_with("::") && after.starts_with('{')) {
        found.insert(path.trim_end_matches(':').to_owned());
        return;
    }
    let (mut depth, mut start) = (0usize, 1);
    for (at, c) in after.char_indices() {
        match c {
            '{' => depth += 1,
            '}' | ',' if depth == 1 => {
                let item = after[start..at].trim();
                if !item.is_empty() && item != "self" {
                    open(&path, item, found);
                }
                start = at + 1;
                if c == '}' {
                    return;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
}

fn level<'a>(storeys: &'a [&'a [&'a str]], module: &str) -> Option<(usize, &'a str)> {
    storeys.iter().enumerate().find_map(|(level, rooms)| {
        let room = rooms.iter().find(|room| module == **room || module.starts_with(&format!("{room}::")))?;
        Some((level, *room))
    })
}

/// The arrows between files, as module paths.
fn arrows() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut arrows = Vec::new();
    for file in sources(&root) {
        let from = module(&root, &file);
        // Tests look wherever they like, also those in a file of their own.
        if from == "lib" || from == "main" || from.ends_with("::tests") {
            continue;
        }
        for to in imports(&std::fs::read_to_string(&file).expect("readable")) {
            arrows.push((from.clone(), to));
        }
    }
    arrows
}

#[test]
fn imports_go_down_and_never_sideways() {
    let mut wrong = Vec::new();
    for (from, to) in arrows() {
        let Some((from_level, from_room)) = level(STOREYS, &from) else {
            wrong.push(format!("{from} is on no storey: give it one in this test"));
            continue;
        };
        // Macros are exported at the crate's root; they belong to the kernel and to graphql::fast.
        let Some((to_level, to_room)) = level(STOREYS, &to) else { continue };
        if from_room != to_room && to_level >= from_level {
            wrong.push(format!("{from} -> {to}"));
        }
    }
    assert!(wrong.is_empty(), "upward or sideways: {wrong:#?}");
}

#[test]
fn inside_graphql_nodes_know_no_edges_and_edges_no_roots() {
    let inner = |module: &str| module.strip_prefix("graphql::").map(str::to_owned);
    let mut wrong = Vec::new();
    for (from, to) in arrows() {
        let (Some(inner_from), Some(inner_to)) = (inner(&from), inner(&to)) else { continue };
        let (Some((from_level, from_room)), Some((to_level, to_room))) =
            (level(GRAPHQL, &inner_from), level(GRAPHQL, &inner_to))
        else {
            wrong.push(format!("{from} -> {to} is on no level"));
            continue;
        };
        let node_to_node = from_room == "nodes" && to_room == "nodes" && inner_from != inner_to;
        if (from_room != to_room && to_level > from_level) || node_to_node {
            wrong.push(format!("{from} -> {to}"));
        }
    }
    assert!(wrong.is_empty(), "upward: {wrong:#?}");
}

#[test]
fn rooms_have_no_circles() {
    let room = |module: &str| level(STOREYS, module).map(|(_, room)| room.to_owned());
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in arrows() {
        if let (Some(from), Some(to)) = (room(&from), room(&to))
            && from != to
        {
            graph.entry(from).or_default().insert(to);
        }
    }
    fn reaches(
        graph: &BTreeMap<String, BTreeSet<String>>,
        from: &str,
        goal: &str,
        seen: &mut BTreeSet<String>,
    ) -> bool {
        graph
            .get(from)
            .into_iter()
            .flatten()
            .any(|next| next == goal || (seen.insert(next.clone()) && reaches(graph, next, goal, seen)))
    }
    let circles: Vec<&String> =
        graph.keys().filter(|room| reaches(&graph, room, room, &mut BTreeSet::new())).collect();
    assert!(circles.is_empty(), "in a circle: {circles:?}");
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 15, "the test reads the imports: {graph:#?}");
}

#[test]
fn the_domains_speak_no_graphql_and_no_http() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in ["kernel", "platform", "domains"] {
        for file in sources(&root.join(folder)) {
            let text = std::fs::read_to_string(&file).expect("readable");
            for word in ["async_graphql::", "axum::", "tower_http::"] {
                assert!(!text.contains(word), "{} names {word}", file.display());
            }
        }
    }
}

/// What is given from outside is a `Moment`, which has a range; a bare instant would be read without one.
#[test]
fn every_instant_that_is_given_has_a_range() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/graphql");
    let (mut inputs, mut wrong) = (0, Vec::new());
    for file in sources(&root) {
        let text = std::fs::read_to_string(&file).expect("readable");
        let derived = text.split("#[derive(").skip(1).filter_map(|rest| rest.split_once(")]"));
        let structs = derived.filter(|(derives, _)| derives.contains("InputObject"));
        let structs = structs.map(|(_, rest)| rest.split("\n}").next().unwrap_or(rest).to_owned());
        let arguments = text.split("#[graphql(desc").skip(1);
        let arguments = arguments.map(|rest| rest.lines().take(2).collect::<Vec<_>>().join(" "));
        for given in structs.chain(arguments) {
            inputs += usize::from(given.contains("Moment"));
            let bare = |word: &str| ["Instant", "DateTime", "NaiveDate"].contains(&word);
            if given.split(|c: char| !c.is_alphanumeric()).any(bare) {
                wrong.push(format!("{}: {given}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(inputs >= 8, "they were looked at: {inputs}");
}

#[test]
fn the_reader_of_imports_sees_nested_braces() {
    let text = "use crate::a::{b::{C, d::E}, f};\n// crate::comment\nfn x() { crate::g::h(); }\n#[cfg(test)] mod t { use crate::z; }";
    let expected: BTreeSet<String> = ["a::b::C", "a::b::d::E", "a::f", "g::h"].map(str::to_owned).into();
    assert_eq!(imports(text), expected);
}

/// Where tasks are spawned besides `platform::tasks`, and why nobody needs to watch them.
const UNWATCHED: &[(&str, &str)] = &[
    ("commands::serve", "waits for the signal that ends the process; the sandbox Odoo of the demo"),
    ("domains::identity::live_session", "ends with its stream, and the stream with it"),
    ("graphql", "ends with its request"),
    ("http", "ends with its connection"),
    ("platform::telemetry::export", "sends traces: nothing waits for them, and what is lost is counted"),
];

#[test]
fn what_runs_in_the_background_is_watched() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in sources(&root) {
        let from = module(&root, &file);
        let text = std::fs::read_to_string(&file).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let known = UNWATCHED.iter().any(|(room, _)| from == *room || from.starts_with(&format!("{room}::")));
        let outside = ["platform::tasks", "sandbox", "demo"].iter().any(|room| from.starts_with(room));
        if code.contains("tokio::spawn(") && !outside && !known {
            wrong.push(from);
        }
    }
    assert!(wrong.is_empty(), "spawned and watched by nobody (see platform::tasks): {wrong:?}");
}

/// An event on a channel without a topic would be written and heard by nobody.
#[test]
fn every_channel_has_a_topic() {
    let topics: BTreeSet<&str> =
        cabina::graphql::roots::live::TOPICS.iter().map(|topic| topic.channel.0).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut declared = BTreeSet::new();
    for file in sources(&root) {
        let text = std::fs::read_to_string(&file).expect("readable");
        let names = text.split("Channel(\"").skip(1).filter_map(|rest| rest.split('"').next());
        declared.extend(names.map(str::to_owned));
    }
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    assert_eq!(declared, topics, "give the channel a `Topic` in graphql/roots/live");
}
