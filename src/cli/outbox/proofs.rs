//! `duban outbox proofs`: what the ticket store was told of SMS to citizens.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::needed;
use crate::{
    cli::{
        exit::Stop,
        instant, runtime,
        session::{Form, Session},
    },
    config::Loaded,
    daemon::proving,
    outbox::{Proof, ProofState},
};

/// One SMS; nothing of the citizen is in it.
#[derive(Serialize)]
struct Row<'a> {
    ticket: &'a str,
    round: u16,
    kind: &'static str,
    #[serde(serialize_with = "instant::iso")]
    sent: DateTime<Utc>,
    state: &'static str,
    #[serde(skip)]
    state_name: &'static str,
    #[serde(serialize_with = "instant::iso_or_null")]
    at: Option<DateTime<Utc>>,
}

impl<'a> Row<'a> {
    fn of(proof: &'a Proof) -> Self {
        let (state, state_name, at) = match proof.state {
            ProofState::Open => ("open", "待回写", None),
            ProofState::Unknown { begun } => ("unknown", "不明(中断,请在工单库核对)", Some(begun)),
            ProofState::Written { at } => ("written", "已回写", Some(at)),
        };
        Self {
            ticket: proof.ticket.as_str(),
            round: proof.round,
            kind: proof.kind.id(),
            sent: proof.sent,
            state,
            state_name,
            at,
        }
    }

    fn text(&self) -> String {
        let at = self.at.map(|at| format!(" {}", instant::minute(at))).unwrap_or_default();
        let Self { ticket, round, state_name, .. } = self;
        format!("{ticket} 第{round}轮 短信 {} {state_name}{at}", instant::minute(self.sent))
    }
}

/// Lists them, and by what the telling fails at present.
///
/// # Errors
///
/// When there is no ledger yet, or it fails.
pub fn run(settings: &Loaded, session: &mut Session<'_>) -> anyhow::Result<()> {
    let read = async {
        let ledger = needed(settings).await?;
        let Some(since) = proving::since(&ledger).await.map_err(Stop::ledger)? else { return Ok(None) };
        let proofs = ledger.proofs(since).await.map_err(Stop::ledger)?;
        anyhow::Ok(Some((proofs, proving::fault(&ledger).await.map_err(Stop::ledger)?)))
    };
    let found = runtime::block_on(read)??;
    let (proofs, fault) = found.as_ref().map_or((&[][..], None), |(proofs, fault)| (proofs, fault.as_deref()));
    for row in proofs.iter().map(Row::of) {
        match session.form {
            Form::Json => session.object(&row)?,
            Form::Text => writeln!(session.out, "{}", row.text())?,
        }
    }
    let is_off = settings.settings.write_back.statement.is_none();
    match (session.form, fault) {
        (Form::Json, None) => Ok(()),
        (Form::Json, Some(fault)) => session.object(&serde_json::json!({ "fault": fault })),
        (Form::Text, Some(fault)) => Ok(writeln!(session.out, "共 {} 条;回写失败:{fault}", proofs.len())?),
        (Form::Text, None) if is_off => Ok(writeln!(session.out, "共 {} 条;未设置 [write_back]", proofs.len())?),
        (Form::Text, None) => Ok(writeln!(session.out, "共 {} 条", proofs.len())?),
    }
}
