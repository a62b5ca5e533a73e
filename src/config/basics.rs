//! What a calculator needs of the settings: no channel, roster or secret, and so
//! nobody's rights to them.

use std::path::Path;

use super::{Calendars, Document, Fault, Places, Store, calendars, folder::Folder, parts, settings::Policy};
use crate::{
    rules::{Rules, RulesError},
    source::ColumnMap,
};

/// Rules, calendar and column map: those of the settings, or those in the binary.
#[derive(Clone, Debug)]
pub struct Basics {
    /// `rules.toml`.
    pub rules: Rules,
    /// The year files and their folder.
    pub calendars: Calendars,
    /// The column map of exports.
    pub columns: ColumnMap,
}

/// Reads them; a file that is not there is the one in the binary.
///
/// # Errors
///
/// Every fault that was found in what is there.
pub fn basics(places: &Places) -> Result<Basics, Vec<Fault>> {
    let mut folder = Folder::new();
    let (policy, store) = tables(&places.dir.join("duban.toml"), &mut folder);
    let rules = rules(&places.dir.join("rules.toml"), &mut folder);
    let columns = parts::columns(&places.dir, &store.columns, &mut folder);
    let calendars = calendars::read(&places.of_settings(&policy.calendars)).map_err(|faults| folder.extend(faults));
    let (faults, _) = folder.finish();
    match (rules, columns, calendars) {
        (Some(rules), Some(columns), Ok(calendars)) if faults.is_empty() => Ok(Basics { rules, calendars, columns }),
        _ => Err(faults),
    }
}

/// The calendars alone, without the files among them that are at fault; with the faults.
/// `None` where those that are sound contradict each other.
pub fn sound_calendars(places: &Places) -> (Option<Calendars>, Vec<Fault>) {
    let (policy, _) = tables(&places.dir.join("duban.toml"), &mut Folder::new());
    calendars::read_sound(&places.of_settings(&policy.calendars))
}

/// The two tables that are needed; what is wrong with the others is not told here.
fn tables(file: &Path, folder: &mut Folder) -> (Policy, Store) {
    let Some(text) = folder.text(file) else { return Default::default() };
    let mut document = Document::parse(file.to_owned(), &text);
    let policy = document.table("policy").unwrap_or_default();
    let store = Store::take(&mut document);
    let is_ours = |fault: &Fault| ["policy", "store", ""].contains(&fault.key.split('.').next().unwrap_or_default());
    folder.extend(document.finish().into_iter().filter(is_ours).collect());
    (policy, store)
}

fn rules(file: &Path, folder: &mut Folder) -> Option<Rules> {
    if file.exists() {
        return parts::rules(file, folder);
    }
    let fault = |error: RulesError| Fault::of_file(file, error.to_string(), "report this: the binary is at fault");
    Rules::embedded().map_err(|error| folder.add(fault(error))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(dir: &Path) -> Places {
        Places { dir: dir.to_owned(), credentials: None }
    }

    #[test]
    fn basics_come_from_the_binary_where_there_is_no_folder() {
        let basics = basics(&places(Path::new("no-such-folder"))).unwrap();
        assert_eq!(basics.calendars.calendar.horizon(), Some(2026));
    }

    #[test]
    fn basics_do_not_mind_channels_and_rosters_at_fault() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[channels.email.x]\npassword = \"\"\n[no-such-table]\n[policy]\ncalendars = \"days\"\n";
        std::fs::write(folder.path().join("duban.toml"), text).unwrap();
        std::fs::write(folder.path().join("roster.toml"), "no roster").unwrap();
        assert!(basics(&places(folder.path())).is_ok());
    }

    #[test]
    fn basics_name_what_is_at_fault_in_their_own_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("duban.toml", "[policy]\nzone = \"UTC\"\n[store]\ncolumns = \"other\"\n");
        write("rules.toml", "[dispatch]\n");
        std::fs::create_dir(folder.path().join("calendars")).unwrap();
        write("calendars/2027.json", "{");
        let told: Vec<String> = basics(&places(folder.path())).unwrap_err().iter().map(ToString::to_string).collect();
        for part in ["policy.zone", "columns/other.toml", "rules.toml", "2027.json"] {
            assert!(told.iter().any(|fault| fault.contains(part)), "{part} {told:#?}");
        }
    }
}
