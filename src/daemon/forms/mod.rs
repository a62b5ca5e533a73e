//! The step between planning and keeping: a notice that is told with a form
//! (批办单, 督办单) gets the form first.
//!
//! The number comes first and is the subject's for good, then the file, then the
//! notice. Whenever a process ends in between, the next one finds the number and
//! writes the same form: there is neither a gap nor a second one. A file that
//! cannot be written holds no message back: it goes out without the path, and the
//! file is tried again with every cycle.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use chrono::{DateTime, Datelike, Utc};

use crate::{
    calendar::civil,
    notice::{Fact, Notice, Wish},
    outbox::{FactSeen, FormFilter, IssuedForm, NewForm, Outbox, OutboxError, Series},
    report::forms::{FormsError, Settings},
    source::SourceError,
    ticket::TicketNo,
};

mod cabinet;
mod document;
mod subject;

pub use cabinet::{Cabinet, write};
pub use document::Sources;
pub use subject::About;
pub(super) use subject::order;

/// Why a form is not written.
#[derive(Debug, thiserror::Error)]
pub enum FormFault {
    /// The ledger fails.
    #[error("the ledger cannot be used")]
    Ledger(#[from] OutboxError),
    /// The store fails.
    #[error("the tickets of a form cannot be read")]
    Store(#[from] SourceError),
    /// The document cannot be put together.
    #[error(transparent)]
    Document(#[from] FormsError),
    /// Its ticket is not there.
    #[error("ticket {no} of form {form} is not in the store")]
    Gone { form: String, no: TicketNo },
    /// The ledger says of it what nobody understands.
    #[error("form {form} is about `{subject}`, which is neither a ticket nor a group")]
    Subject { form: String, subject: String },
    /// The file cannot be written.
    #[error("{} cannot be written; see that the disk has room and the folder is the daemon's own", file.display())]
    File {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Whose forms they are, and where they go.
#[derive(Clone, Debug)]
pub struct FormParts {
    pub settings: Settings,
    pub cabinet: Cabinet,
}

impl FormParts {
    /// Forms that get numbers and are not written.
    pub fn paperless() -> Self {
        Self { settings: Settings::default(), cabinet: Cabinet::Paperless }
    }
}

/// A form that was issued, and where it lies if it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub form: IssuedForm,
    /// `forms/2026/order-7`.
    pub path: Option<String>,
}

/// The subject of a notice's form: its key without the role.
pub fn subject_of(notice: &Notice) -> String {
    format!("{}|{}|{}", notice.subject.text(), notice.kind, notice.occurrence.text())
}

/// Whether a notice goes out with a form, and of which series.
fn wants(notice: &Notice) -> Option<Series> {
    subject::series(notice.kind).filter(|_| notice.wish == Wish::Send)
}

/// What is known of the forms of notices, by subject.
///
/// # Errors
///
/// When the ledger fails.
pub async fn known<'a>(
    outbox: &Outbox,
    notices: impl Iterator<Item = &'a Notice>,
) -> Result<HashMap<String, Known>, OutboxError> {
    let subjects: Vec<String> = notices.filter(|notice| wants(notice).is_some()).map(subject_of).collect();
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    let issued = outbox.forms(FormFilter::Subjects(&subjects)).await?;
    let known = with_paths(outbox, issued).await?;
    Ok(known.into_iter().map(|known| (known.form.subject.clone(), known)).collect())
}

/// Forms with their paths.
///
/// # Errors
///
/// When the ledger fails.
pub async fn with_paths(outbox: &Outbox, issued: Vec<IssuedForm>) -> Result<Vec<Known>, OutboxError> {
    let holders: Vec<TicketNo> =
        issued.iter().filter_map(|form| About::read(&form.subject)).map(|about| about.holder().0.clone()).collect();
    let filed: BTreeMap<String, String> =
        outbox.facts_of(&holders).await?.into_iter().map(|fact| (fact.what, fact.value)).collect();
    let known = |form: IssuedForm| Known { path: filed.get(&filed_what(&form)).cloned(), form };
    Ok(issued.into_iter().map(known).collect())
}

/// Gives each of the notices that want a form and have none its number; gives those.
///
/// # Errors
///
/// When the ledger fails.
pub async fn number<'a>(
    outbox: &Outbox,
    notices: impl Iterator<Item = &'a Notice>,
    known: &HashMap<String, Known>,
    now: DateTime<Utc>,
) -> Result<Vec<IssuedForm>, OutboxError> {
    let year = civil::day_of(now).year();
    let new = |notice: &Notice| {
        let (series, subject) = (wants(notice)?, subject_of(notice));
        let about = About::read(&subject).filter(|_| !known.contains_key(&subject))?;
        let remembered_by = match &about {
            About::Ticket { no, round, .. } => Some((no.clone(), *round)),
            About::Group { .. } => None,
        };
        Some(NewForm { series, year, subject, remembered_by })
    };
    let new: Vec<NewForm> = notices.filter_map(new).collect();
    outbox.issue_forms(&new, now).await
}

/// Puts number and path into the notices that are told with a form. A group's
/// form without a file is not told of: the text then asks the desk to make it.
pub fn dress(notices: &mut [Notice], known: &HashMap<String, Known>) {
    for notice in notices {
        let Some(series) = wants(notice) else { continue };
        let Some(Known { form, path }) = known.get(&subject_of(notice)) else { continue };
        let (name, path_name) = match series {
            Series::Order => ("order", "order_path"),
            Series::Batch => ("form", "form_path"),
        };
        if path.is_some() || series == Series::Order {
            notice.facts.insert(name.into(), Fact::Text(form.text()));
        }
        if let Some(path) = path {
            notice.facts.insert(path_name.into(), Fact::Text(path.clone()));
        }
    }
}

/// Writes a form, and remembers in the ledger that it was; gives its path.
///
/// # Errors
///
/// When it cannot be made or written.
pub async fn file(
    sources: &Sources<'_>,
    cabinet: &Cabinet,
    form: &IssuedForm,
    members: &[TicketNo],
    now: DateTime<Utc>,
) -> Result<String, FormFault> {
    let path = format!("{}/{}", sources.settings.folder, form.name());
    if let Cabinet::Folder(folder) = cabinet {
        let bytes = sources.docx(form, members, now).await?;
        let (name, folder) = (format!("{}.docx", form.name()), folder.clone());
        let file = folder.join(&name);
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
        let written = written.map_err(std::io::Error::other).and_then(|written| written);
        written.map_err(|source| FormFault::File { file, source })?;
    }
    if let Some(about) = About::read(&form.subject) {
        let (no, round) = about.holder();
        let fact = FactSeen {
            ticket: no.clone(),
            round,
            assignment: None,
            what: filed_what(form),
            value: path.clone(),
            first_seen: now,
        };
        sources.outbox.add_facts(&[fact]).await?;
    }
    Ok(path)
}

/// What the fact of a written form is called: `filed:order:2026-7`.
fn filed_what(form: &IssuedForm) -> String {
    format!("filed:{}:{}-{}", form.series.id(), form.year, form.number)
}
