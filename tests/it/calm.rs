//! Not too many messages at once: the ceiling a person and hour, and what was
//! above it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use duban::{
    calendar::civil,
    delivery::{Ceilings, Leaving},
    notice::{Batch, Fact, Kind, Medium, Notice, Role},
    outbox::{CITIZEN, LegState, Listed, NoticeState},
};
use proptest::prelude::*;

use crate::peers::office::{Office, notice};

/// Kinds that reach the handler by SMS.
const BY_SMS: [Kind; 10] = [
    Kind::DueSoon,
    Kind::DueToday,
    Kind::DueFinal,
    Kind::FirstContactDue,
    Kind::FirstContactFinal,
    Kind::FirstContactRetry,
    Kind::ReturnWindowClosing,
    Kind::ExtensionWindowClosing,
    Kind::FeedbackDue,
    Kind::Overdue1,
];

#[tokio::test]
async fn sixty_at_once_reach_one_person_in_no_more_messages_than_the_ceiling() {
    let office = Office::at(nine(), |settings| settings.ceilings = sms(4)).await;
    office.keep((0..60).map(|n| to_handler(n, nine(), &format!("A{n}")))).await;
    let left = office.until(nine() + TimeDelta::hours(9)).await;
    let texts = by_sms(&left);
    assert_within(&texts, 4);
    // Four went at once; the other kinds came as one message when there was room.
    assert_eq!(texts.iter().map(|left| left.at - nine()).collect::<BTreeSet<_>>(), hours([0, 1]));
    assert_eq!(texts.len(), 5);
    let gathered = texts.last().unwrap();
    assert_eq!(gathered.notices.len(), 36);
    assert_eq!(
        gathered.text.body,
        "【青浦水务】您有36条提醒:先行联系最后提醒6条、再次联系提醒6条等,详情请登录平台查看。"
    );
    assert_all_heard(&office.all().await);
}

#[tokio::test]
async fn an_urgent_one_leaves_at_once_and_does_not_count() {
    let office = Office::at(nine(), |settings| settings.ceilings = sms(2)).await;
    let urgent = |n: usize, at| Notice { urgent: true, batch: Batch::Alone, ..to_handler(n, at, &format!("U{n}")) };
    office.keep((0..5).map(|n| urgent(n, nine()))).await;
    office.keep((5..9).map(|n| to_handler(n, nine(), &format!("A{n}")))).await;
    office.keep([urgent(9, nine() + TimeDelta::minutes(10))]).await;
    let left = office.until(nine() + TimeDelta::minutes(30)).await;
    let at = |urgent: bool| -> Vec<i64> {
        let mine = by_sms(&left).into_iter().filter(|left| left.notices[0].urgent == urgent);
        mine.map(|left| (left.at - nine()).num_minutes()).collect()
    };
    assert_eq!(at(true), [0, 0, 0, 0, 0, 10]);
    assert_eq!(at(false), [0, 0]);
}

#[tokio::test]
async fn the_count_holds_over_a_restart() {
    let office = Office::at(nine(), |settings| settings.ceilings = sms(3)).await;
    office.keep((0..3).map(|n| to_handler(n, nine(), &format!("A{n}")))).await;
    assert_eq!(by_sms(&office.until(nine() + TimeDelta::minutes(20)).await).len(), 3);
    let office = office.restarted().await;
    office.keep([to_handler(3, office.now(), "B")]).await;
    let left = office.until(nine() + TimeDelta::hours(3)).await;
    assert_eq!(left.iter().map(|left| left.at - nine()).collect::<Vec<_>>(), [TimeDelta::hours(1)]);
}

#[tokio::test]
async fn what_waits_for_room_too_long_ends_with_its_cause() {
    let office = Office::at(nine(), |settings| settings.ceilings = sms(1)).await;
    let ends = Some(nine() + TimeDelta::minutes(30));
    office.keep([to_handler(0, nine(), "A"), Notice { expires: ends, ..to_handler(1, nine(), "B") }]).await;
    assert_eq!(by_sms(&office.until(nine() + TimeDelta::hours(3)).await).len(), 1);
    let all = office.all().await;
    let ended: Vec<_> =
        all.iter().filter(|one| one.state == NoticeState::Expired).map(|one| one.legs[0].cause.as_deref()).collect();
    assert_eq!(ended, [Some("expired")]);
}

#[tokio::test]
async fn mails_have_a_ceiling_of_their_own_and_the_summary_names_each_ticket() {
    let office = Office::at(nine(), |settings| settings.ceilings = Ceilings { sms: None, email: Some(1) }).await;
    let kinds = [Kind::AuditPending, Kind::DispatchOverdue, Kind::RepeatApproaching, Kind::FeedbackOverdue];
    let notices = kinds
        .into_iter()
        .zip(0..)
        .map(|(kind, n)| Notice { roles: vec![Role::Desk], ..notice(&format!("2026092200000{n}"), kind, nine()) });
    office.keep(notices).await;
    let left = office.until(nine() + TimeDelta::hours(2)).await;
    assert_eq!(left.len(), 2);
    let summary = &left[1].text;
    assert_eq!(summary.subject.as_deref(), Some("【青浦水务热线】提醒汇总 3条"));
    for (no, kind) in [("20260922000001", Kind::DispatchOverdue), ("20260922000003", Kind::FeedbackOverdue)] {
        let named = summary.body.lines().any(|line| line.contains(no) && line.starts_with(kind.chinese()));
        assert!(named, "{}", summary.body);
    }
}

#[tokio::test]
async fn citizens_have_no_ceiling_together() {
    let office = Office::at(nine(), |settings| settings.ceilings = sms(1)).await;
    let kind = Kind::CitizenUnreachableSms;
    office.keep((0..5).map(|n| Notice { batch: Batch::Alone, ..notice(&format!("A{n}"), kind, nine()) })).await;
    let left = office.until(nine() + TimeDelta::minutes(1)).await;
    assert_eq!(left.iter().filter(|left| left.person == CITIZEN).count(), 5);
}

#[tokio::test]
async fn an_acknowledgement_stops_the_repeats_for_that_person_and_no_one_else() {
    let office = Office::at(nine(), |_| ()).await;
    let daily = |day: i64| notice("A1", Kind::OverdueDaily, nine() + TimeDelta::days(day));
    office.keep([daily(0)]).await;
    let told = |left: &[Leaving]| -> Vec<String> { left.iter().map(|left| left.person.clone()).collect() };
    assert_eq!(told(&office.until(nine() + TimeDelta::hours(1)).await), ["handler", "deputy"]);
    let to_handler = office.all().await.into_iter().find(|one| one.notice.key.role == Role::Handler).unwrap();
    office.outbox.ack(to_handler.notice.id, "handler", "web", office.now()).await.unwrap();
    let office = office.restarted().await;
    // The next day's list, and the same list of a new deadline in the evening.
    let mut moved = notice("A1", Kind::OverdueDaily, nine() + TimeDelta::hours(33));
    moved.facts.insert("due".into(), Fact::Text("2026-10-14 24:00".into()));
    office.keep([daily(0), daily(1), moved, notice("A1", Kind::Overdue2, nine() + TimeDelta::hours(34))]).await;
    assert_eq!(told(&office.until(nine() + TimeDelta::hours(30)).await), ["deputy"]);
    assert_eq!(told(&office.until(nine() + TimeDelta::hours(33)).await), [""; 0]);
    assert_eq!(told(&office.until(nine() + TimeDelta::minutes(33 * 60 + 1)).await), ["handler", "deputy"]);
    let ladder: BTreeSet<String> = told(&office.until(nine() + TimeDelta::hours(50)).await).into_iter().collect();
    assert!(ladder.contains("handler"), "the ladder goes on: {ladder:?}");
    let causes: Vec<_> = office.all().await.into_iter().flat_map(|one| one.legs).filter_map(|leg| leg.cause).collect();
    assert_eq!(causes, ["acknowledged"]);
}

/// One notice of a random set.
#[derive(Clone, Debug)]
struct Drawn {
    kind: usize,
    minute: i64,
    urgent: bool,
    lasts: Option<i64>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let lasts = prop_oneof![3 => Just(None), 1 => (1_i64..200).prop_map(Some)];
    (0..BY_SMS.len(), 0_i64..300, prop::bool::weighted(0.1), lasts).prop_map(|(kind, minute, urgent, lasts)| Drawn {
        kind,
        minute,
        urgent,
        lasts,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_set_of_due_notices_breaks_the_ceiling_or_loses_or_repeats(
        drawn in prop::collection::vec(drawn(), 1..70),
        ceiling in 1_u32..6,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(keeps_calm(&drawn, ceiling));
    }
}

async fn keeps_calm(drawn: &[Drawn], ceiling: u32) {
    let office = Office::at(nine(), |settings| settings.ceilings = sms(ceiling)).await;
    let notices = drawn.iter().zip(0..).map(|(one, n)| {
        let due = nine() + TimeDelta::minutes(one.minute);
        let plain = to_handler(one.kind, due, &format!("A{n}"));
        let batch = if one.urgent { Batch::Alone } else { Batch::Due(due) };
        Notice { urgent: one.urgent, batch, expires: one.lasts.map(|m| due + TimeDelta::minutes(m)), ..plain }
    });
    office.keep(notices).await;
    let left = office.until(nine() + TimeDelta::hours(11)).await;
    let ordinary: Vec<&Leaving> = by_sms(&left).into_iter().filter(|left| !left.notices[0].urgent).collect();
    assert_within(&ordinary, ceiling as usize);
    for left in by_sms(&left).iter().filter(|left| left.notices[0].urgent) {
        assert_eq!(left.at, left.notices[0].due, "urgent ones never wait");
    }
    assert_all_heard(&office.all().await);
}

/// Each leg of each notice left once, or ended with a cause.
fn assert_all_heard(all: &[Listed]) {
    for one in all {
        assert!(matches!(one.state, NoticeState::Done | NoticeState::Expired), "{one:?}");
        for leg in &one.legs {
            let ended = leg.state == LegState::Expired && leg.cause.is_some();
            assert!((leg.state == LegState::Accepted && leg.tries == 1) || ended, "{leg:?}");
        }
    }
}

/// No hour holds more than so many.
fn assert_within(left: &[&Leaving], ceiling: usize) {
    let mut of: BTreeMap<&str, Vec<DateTime<Utc>>> = BTreeMap::new();
    for left in left {
        of.entry(&left.person).or_default().push(left.at);
    }
    for (person, mut at) in of {
        at.sort();
        for span in at.windows(ceiling + 1) {
            assert!(span[ceiling] - span[0] >= TimeDelta::hours(1), "{person}: {span:?}");
        }
    }
}

fn by_sms(left: &[Leaving]) -> Vec<&Leaving> {
    left.iter().filter(|left| left.medium == Medium::Sms).collect()
}

fn to_handler(kind: usize, due: DateTime<Utc>, no: &str) -> Notice {
    Notice { roles: vec![Role::Handler], ..notice(no, BY_SMS[kind % BY_SMS.len()], due) }
}

fn hours<const N: usize>(hours: [i64; N]) -> BTreeSet<TimeDelta> {
    hours.into_iter().map(TimeDelta::hours).collect()
}

fn sms(most: u32) -> Ceilings {
    Ceilings { sms: Some(most), email: None }
}

fn nine() -> DateTime<Utc> {
    civil::at(NaiveDate::from_ymd_opt(2026, 9, 22).unwrap(), 9, 0)
}
