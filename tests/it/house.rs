//! The order of the house: which room may know which, and how much fits into one.
//!
//! The rooms and their order are read from `src/lib.rs`, so that the list there
//! is the rule and not a description of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::rust_text::{functions, paths, stripped};

/// Lines of a file, its tests apart.
const FILE_CEILING: usize = 400;
/// Lines of a function, its signature included.
const FUNCTION_CEILING: usize = 60;

/// What may be higher than the ceilings, and why.
const EXCEPTIONS: [(&str, &str, &str); 1] =
    [("src/notice/kind.rs", "entry", "the catalogue of kinds is one table, and a match over all kinds keeps it whole")];

/// What the top level may hold, hidden files apart. `target` is not committed.
const TOP_LEVEL: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "README.zh-CN.md",
    "CHANGELOG.md",
    "LICENSE",
    "src",
    "calendars",
    "config",
    "systemd",
    "tests",
    "benches",
];

/// What the pure floor does not know: async, SQL, network, files, environment, clock, log.
const NOT_PURE: [&str; 15] = [
    "tokio",
    "sqlx",
    "reqwest",
    "lettre",
    "tracing",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "chrono::Utc::now",
    "chrono::Local",
    "Utc::now",
];

#[test]
fn a_room_imports_only_rooms_listed_above_it() {
    let rooms = rooms();
    let mut faults = Vec::new();
    for (source, room) in sources_by_room(&rooms) {
        for path in paths(&source.code) {
            let Some(asked) = path.strip_prefix("crate::").map(first) else { continue };
            let fault = match rooms.iter().position(|room| room.name == asked) {
                None => "is no room",
                Some(at) if at > room => "is not above",
                Some(at) if at < room && rooms[at].apart && rooms[room].apart => "is an edge, and edges stand apart",
                Some(_) => continue,
            };
            faults.push(format!("{}: `{path}` {fault} ({})", source.name, rooms[room].name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_path_climbs_out_of_its_room_by_super() {
    let rooms = rooms();
    let mut faults = Vec::new();
    for (source, _) in sources_by_room(&rooms) {
        // `src/room/mod.rs` lies one module deep, `src/room/file.rs` two.
        let below = source.name.trim_start_matches("src/").trim_end_matches("mod.rs").trim_end_matches('/');
        let depth = below.split('/').count();
        for (code, depth) in [(source.body(), depth), (source.tests(), depth + 1)] {
            let climbs = |path: &String| path.split("::").take_while(|part| *part == "super").count() >= depth;
            faults.extend(paths(code).into_iter().filter(climbs).map(|path| format!("{}: `{path}`", source.name)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_pure_floor_knows_neither_machine_nor_network() {
    let rooms = rooms();
    let mut faults = Vec::new();
    // Tests of a pure room may compare a table with a folder of ours.
    for (source, _) in sources_by_room(&rooms).iter().filter(|(source, room)| rooms[*room].pure && !source.only_tests) {
        let knows = |path: &String| NOT_PURE.iter().any(|word| path == word || path.starts_with(&format!("{word}::")));
        faults.extend(paths(source.body()).into_iter().filter(knows).map(|path| format!("{}: `{path}`", source.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(rooms.iter().filter(|room| room.pure).count() >= 7);
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let mut faults = Vec::new();
    let mut excused = BTreeSet::new();
    for source in sources("src").iter().filter(|source| !source.only_tests) {
        let functions = functions(source.body());
        let excuse =
            |name: &str| EXCEPTIONS.iter().find(|(file, function, _)| (*file, *function) == (&source.name, name));
        let excused_lines = functions.iter().filter(|(name, _)| excuse(name).is_some()).map(|(_, lines)| lines);
        let lines = source.body().lines().count() - excused_lines.sum::<usize>();
        if lines > FILE_CEILING {
            faults.push(format!("{}: {lines} lines, at most {FILE_CEILING}", source.name));
        }
        for (name, lines) in functions.iter().filter(|(_, lines)| *lines > FUNCTION_CEILING) {
            match excuse(name) {
                Some(exception) => _ = excused.insert(exception),
                None => faults.push(format!("{}: `{name}` has {lines} lines, at most {FUNCTION_CEILING}", source.name)),
            }
        }
    }
    let idle = EXCEPTIONS.iter().filter(|exception| !excused.contains(exception));
    faults.extend(idle.map(|(file, function, _)| format!("{file}: `{function}` needs no exception any more")));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    let mut faults = Vec::new();
    for source in ["src", "tests", "benches"].iter().flat_map(|folder| sources(folder)) {
        let words = ["todo!", "unimplemented!", "dbg!", "#[ignore"];
        let silenced = ["#[allow", "#![allow"].into_iter().filter(|_| source.name.starts_with("src/"));
        let found = words.into_iter().chain(silenced).filter(|word| source.code.contains(word));
        faults.extend(found.map(|word| format!("{}: `{word}`", source.name)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let names = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strange =
        names.filter(|name| !name.starts_with('.') && name != "target" && !TOP_LEVEL.contains(&name.as_str()));
    assert_eq!(strange.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_package_comes_from_crates_io() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let strange = sources.filter(|source| *source != "\"registry+https://github.com/rust-lang/crates.io-index\"");
    assert_eq!(strange.collect::<BTreeSet<_>>(), BTreeSet::new());
}

/// A room as `src/lib.rs` lists it.
struct Room {
    name: String,
    pure: bool,
    /// Rooms of this group never import each other.
    apart: bool,
}

fn rooms() -> Vec<Room> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let (mut rooms, mut group) = (Vec::new(), "");
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("// ") {
            group = comment;
        } else if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            let (pure, apart) = (group.contains("pure floor"), group.contains("never import each other"));
            rooms.push(Room { name: name.to_owned(), pure, apart });
        }
    }
    assert!(rooms.iter().any(|room| room.pure) && rooms.iter().any(|room| room.apart), "{text}");
    rooms
}

/// The files of each room with its place in the list.
fn sources_by_room(rooms: &[Room]) -> Vec<(Source, usize)> {
    let place = |source: &Source| {
        let name = source.name.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        let top = ["lib", "main"].contains(&&*name);
        (!top)
            .then(|| rooms.iter().position(|room| room.name == name).unwrap_or_else(|| panic!("{name} is not listed")))
    };
    sources("src").into_iter().filter_map(|source| place(&source).map(|room| (source, room))).collect()
}

/// A file of ours without its comments and the content of its strings.
struct Source {
    /// The path from the top level.
    name: String,
    code: String,
    /// The file is declared under `#[cfg(test)]`.
    only_tests: bool,
}

impl Source {
    fn body(&self) -> &str {
        &self.code[..self.foot()]
    }

    fn tests(&self) -> &str {
        &self.code[self.foot()..]
    }

    /// Where the tests at the foot begin.
    fn foot(&self) -> usize {
        let inline = |(at, text): &(usize, &str)| {
            let rest = self.code[at + text.len()..].trim_start();
            rest.starts_with("mod ")
                && rest.split(['{', ';']).next().is_some_and(|head| rest[head.len()..].starts_with('{'))
        };
        self.code.match_indices("#[cfg(test)]").find(inline).map_or(self.code.len(), |(at, _)| at)
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut files = Vec::new();
    walk(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "{folder} is empty");
    let mut sources: Vec<Source> = files.iter().map(|file| source(file)).collect();
    let tests: BTreeSet<String> = sources.iter().flat_map(test_files).collect();
    for source in &mut sources {
        source.only_tests = tests
            .iter()
            .any(|test| source.name == format!("{test}.rs") || source.name.starts_with(&format!("{test}/")));
    }
    sources
}

fn source(file: &Path) -> Source {
    let name = file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    Source { name, code: stripped(&fs::read_to_string(file).unwrap()), only_tests: false }
}

/// The modules that a file declares for tests alone, as paths without an end.
fn test_files(source: &Source) -> Vec<String> {
    let folder = match source.name.strip_suffix("/mod.rs") {
        Some(folder) => folder,
        None => source.name.trim_end_matches(".rs"),
    };
    let declared = source.code.split("#[cfg(test)]").skip(1).filter_map(|rest| {
        let name = rest.trim_start().strip_prefix("mod ")?.split_once(';')?.0;
        (!name.contains('{')).then(|| format!("{folder}/{name}"))
    });
    declared.collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

fn first(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
