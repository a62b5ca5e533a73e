//! Quiet hours: an SMS waits until they are over and is never dropped, whatever
//! the hours are; urgent ones to staff, and mails, do not wait.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use duban::{
    calendar::civil,
    delivery::{Ceilings, Haste, Leaving, Quiet, QuietHours},
    notice::{Batch, Kind, Medium, Notice, Role},
    outbox::{CITIZEN, LegState},
};
use proptest::prelude::*;

use crate::peers::office::{Office, notice};

const DAY: u32 = 24 * 60;

#[test]
fn every_pair_of_hours_holds_staff_and_citizens_to_its_end_and_nobody_else() {
    let never = quiet(0, 0);
    for (from, to) in (0..DAY).step_by(30).flat_map(|from| (0..DAY).step_by(30).map(move |to| (from, to))) {
        let hours = |staff, citizen| QuietHours { staff, citizen };
        let (of_staff, of_citizens) = (hours(quiet(from, to), never), hours(never, quiet(from, to)));
        for minute in (0..DAY).step_by(15).flat_map(|quarter| [quarter, (quarter + DAY - 1) % DAY]) {
            let at = midnight() + TimeDelta::minutes(minute.into());
            let open = at + TimeDelta::minutes(wait(from, to, minute).into());
            let first = |hours: QuietHours, person, medium, haste| hours.first_open(person, medium, haste, at);
            assert_eq!(first(of_staff, "p1", Medium::Sms, Haste::Ordinary), open, "staff, {from} to {to} at {minute}");
            assert_eq!(
                first(of_citizens, CITIZEN, Medium::Sms, Haste::Ordinary),
                open,
                "citizen, {from} to {to} at {minute}"
            );
            assert_eq!(
                first(of_citizens, CITIZEN, Medium::Sms, Haste::Urgent),
                open,
                "a citizen is never urgent, {from} to {to} at {minute}"
            );
            assert_eq!(first(of_staff, "p1", Medium::Sms, Haste::Urgent), at, "urgent, {from} to {to} at {minute}");
            assert_eq!(
                first(of_staff, CITIZEN, Medium::Sms, Haste::Ordinary),
                at,
                "not the citizen's hours, {from} to {to} at {minute}"
            );
            assert_eq!(
                first(of_citizens, "p1", Medium::Sms, Haste::Ordinary),
                at,
                "not the staff's hours, {from} to {to} at {minute}"
            );
            for medium in [Medium::Email, Medium::Chat, Medium::Webhook, Medium::File] {
                assert_eq!(first(of_staff, "p1", medium, Haste::Ordinary), at, "{medium}, {from} to {to} at {minute}");
            }
        }
    }
}

/// One SMS of a random set.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    minute: u32,
    to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    Staff,
    StaffUrgently,
    Citizen,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let to = prop_oneof![4 => Just(To::Staff), 1 => Just(To::StaffUrgently), 2 => Just(To::Citizen)];
    (0..2 * DAY, to).prop_map(|(minute, to)| Drawn { minute, to })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_hours_nothing_leaves_in_them_and_everything_leaves(
        staff in (0..DAY, 0..DAY),
        citizen in (0..DAY, 0..DAY),
        ceiling in prop::option::of(1_u32..4),
        drawn in prop::collection::vec(drawn(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(keeps_quiet(staff, citizen, ceiling, &drawn));
    }
}

async fn keeps_quiet(staff: (u32, u32), citizen: (u32, u32), ceiling: Option<u32>, drawn: &[Drawn]) {
    let office = Office::at(midnight(), |settings| {
        settings.quiet = QuietHours { staff: quiet(staff.0, staff.1), citizen: quiet(citizen.0, citizen.1) };
        settings.ceilings = Ceilings { sms: ceiling, email: None };
    })
    .await;
    office.keep(drawn.iter().enumerate().map(|(n, one)| sms(n, *one))).await;
    // A day of one open minute lets one message of a ceiling of one out.
    let left = office.until(midnight() + TimeDelta::days(60)).await;
    for one in &left {
        let (first, minute) = (&one.notices[0], minute_of(one.at));
        let (from, to) = if one.person == CITIZEN { citizen } else { staff };
        let waits = wait(from, to, minute_of(first.due));
        if first.urgent {
            assert_eq!(one.at, first.due, "urgent ones leave at once");
            continue;
        }
        assert_eq!(wait(from, to, minute), 0, "{} left at {minute}, quiet from {from} to {to}", first.key);
        if ceiling.is_none() || one.person == CITIZEN {
            let waited: Vec<i64> = one.notices.iter().map(|notice| (one.at - notice.due).num_minutes()).collect();
            assert!(waited.contains(&waits.into()), "{} waited {waited:?} for {waits}", first.key);
        }
    }
    let all = office.all().await;
    let legs: Vec<_> = all.iter().flat_map(|one| &one.legs).filter(|leg| leg.medium == Some(Medium::Sms)).collect();
    assert_eq!(legs.len(), drawn.len());
    assert!(legs.iter().all(|leg| leg.state == LegState::Accepted && leg.tries == 1), "{legs:?}");
    assert_eq!(left.iter().map(|one: &Leaving| one.notices.len()).sum::<usize>(), drawn.len(), "each once");
}

#[tokio::test]
async fn what_waits_for_room_does_not_leave_in_the_night() {
    let half_past_eight = midnight() + TimeDelta::minutes(20 * 60 + 30);
    let office = Office::at(half_past_eight, |settings| {
        settings.ceilings = Ceilings { sms: Some(1), email: None };
    })
    .await;
    let drawn = |to| Drawn { minute: minute_of(half_past_eight), to };
    office.keep((0..4).map(|n| Notice { batch: Batch::Alone, ..sms(n, drawn(To::Staff)) })).await;
    let left = office.until(midnight() + TimeDelta::days(2)).await;
    let at: Vec<(i64, usize)> =
        left.iter().map(|one| ((one.at - half_past_eight).num_minutes(), one.notices.len())).collect();
    assert_eq!(at, [(0, 1), (10 * 60 + 30, 3)], "the rest at seven, in one message");
}

fn sms(n: usize, drawn: Drawn) -> Notice {
    let due = midnight() + TimeDelta::minutes(drawn.minute.into());
    let (kind, role) = match drawn.to {
        To::Staff | To::StaffUrgently => (Kind::DueToday, Role::Handler),
        To::Citizen => (Kind::CitizenUnreachableSms, Role::Citizen),
    };
    let batch = if drawn.to == To::Staff { Batch::Due(due) } else { Batch::Alone };
    let urgent = drawn.to == To::StaffUrgently;
    Notice { roles: vec![role], batch, urgent, ..notice(&format!("A{n}"), kind, due) }
}

/// Minutes until a span that is quiet from one minute of the day to another is
/// over, counted one by one.
fn wait(from: u32, to: u32, minute: u32) -> u32 {
    let is_quiet = |minute: u32| match from <= to {
        true => from <= minute && minute < to,
        false => minute >= from || minute < to,
    };
    (0..DAY).find(|passed| !is_quiet((minute + passed) % DAY)).unwrap()
}

fn quiet(from: u32, to: u32) -> Quiet {
    let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
    Quiet { from: time(from), to: time(to) }
}

fn minute_of(at: DateTime<Utc>) -> u32 {
    let local = at.with_timezone(&civil::zone());
    local.hour() * 60 + local.minute()
}

fn midnight() -> DateTime<Utc> {
    civil::at(NaiveDate::from_ymd_opt(2026, 9, 22).unwrap(), 0, 0)
}
