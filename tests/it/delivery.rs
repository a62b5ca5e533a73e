//! Delivery: what leaves, what waits, what is tried again, with channels that
//! answer as a test says and a clock moved by hand.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use duban::{
    calendar::civil,
    channel::{Letter, Limits},
    clock::HandClock,
    delivery::{
        BackOff, Boxed, Carrier, Delivery, DeliveryError, DeliverySettings, FailPoint, Fresh, Jitter, Leaving, Means,
        Point, Reread, RereadError, Round,
    },
    message::{Templates, Wording, fixture_facts},
    notice::{
        Batch, Failure, Kind, Medium, Notice, Occurrence, Outcome, Reason, Receipt, Refusal, Role, Subject, Wish,
    },
    outbox::{CITIZEN, Filter, GROUP, LegState, Listed, NOBODY, NoticeState, Outbox, Wanted, scope},
    roster::Roster,
    ticket::{Private, TicketNo},
};

use crate::peers::{
    gateway::{Do, GatewayPeer},
    providers::WIRES,
};

const ROSTER: &str = r#"
unit = [{ code = "01", name = "甲站" }]
person = [
    { id = "handler", name = "周经办", unit = "01", roles = ["handler"], phones = ["13800090001"], email = "handler@example.org" },
    { id = "deputy", name = "吴副站", unit = "01", roles = ["deputy"], phones = ["13800090002"] },
    { id = "chief", name = "郑站长", unit = "01", roles = ["chief"], email = "chief@example.org" },
    { id = "desk", name = "王科员", roles = ["desk", "bureau_hotline"], phones = ["13800090004"], email = "desk@example.org" },
]
"#;
const MOBILE: &str = "13800012345";

#[tokio::test]
async fn a_due_notice_reaches_its_people_by_each_medium() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::Overdue1)]).await;
    let round = desk.run().await;
    // The deputy has no mail, the desk gets both; each leaves once.
    let told = [("desk", "mail"), ("desk", "sms"), ("deputy", "sms"), ("handler", "mail"), ("handler", "sms")];
    assert_eq!(whom(&round), sorted(told));
    let sms = desk.sms.letters();
    assert!(sms.iter().any(|letter| letter.to().expose() == "13800090001"));
    assert!(sms.iter().all(|letter| letter.body().starts_with("【青浦水务】")));
    assert_eq!(desk.run().await.left, [], "nothing twice");
    assert_eq!(desk.counts(NoticeState::Done).await, 3);
}

#[tokio::test]
async fn a_kind_that_does_not_reach_a_person_goes_by_another_medium() {
    let desk = Desk::new().await;
    let chief_by_sms = Notice { roles: vec![Role::Chief], ..notice("A1", Kind::DueFinal) };
    desk.keep("A1", [chief_by_sms]).await;
    // No template of this kind is a mail: bare words go out, and the fault is told.
    let round = desk.run().await;
    assert_eq!(whom(&round), [("chief", "mail")]);
    assert_eq!(round.words_faults.len(), 1);
    assert_eq!((round.words_faults[0].kind, round.words_faults[0].medium), (Kind::DueFinal, Medium::Email));
}

#[tokio::test]
async fn a_notice_that_reaches_nobody_goes_to_the_desk_and_else_ends_so() {
    let mut desk = Desk::new().await;
    let bulletin = Notice { roles: vec![Role::Deputy], ..notice("A1", Kind::Overdue1) };
    desk.keep("A1", [bulletin.clone()]).await;
    desk.channels(&["mail"]);
    assert_eq!(whom(&desk.run().await), [("desk", "mail")], "the deputy has no mail");
    desk.channels(&[]);
    desk.keep("A2", [for_ticket(bulletin, "A2")]).await;
    assert_eq!(desk.run().await.expanded.nobody, 1);
    let leg = &desk.only("A2").await.legs[0];
    assert_eq!(
        (leg.state, leg.person.as_str(), leg.cause.as_deref()),
        (LegState::Dead, NOBODY, Some("nobody-reachable"))
    );
}

#[tokio::test]
async fn notices_of_one_batch_leave_as_one_message() {
    let desk = Desk::new().await;
    for no in ["A1", "A2", "A3"] {
        desk.keep(no, [notice(no, Kind::DueToday)]).await;
    }
    let round = desk.run().await;
    assert_eq!(round.left.len(), 1);
    assert_eq!(round.left[0].notices.len(), 3);
    assert_eq!(desk.sms.letters().len(), 1);
}

#[tokio::test]
async fn first_start_steps_of_several_kinds_leave_as_one_digest() {
    let desk = Desk::new().await;
    let first =
        |no: &str, kind| Notice { batch: Batch::FirstStart(noon()), roles: vec![Role::Handler], ..notice(no, kind) };
    desk.keep("A1", [first("A1", Kind::Overdue1)]).await;
    desk.keep("A2", [first("A2", Kind::Overdue3)]).await;
    let round = desk.run().await;
    assert_eq!(whom(&round), [("handler", "mail"), ("handler", "sms")]);
    assert!(round.words_faults.is_empty(), "{:?}", round.words_faults);
}

#[tokio::test]
async fn what_is_no_longer_wanted_is_withdrawn_before_it_leaves() {
    let desk = Desk::new().await;
    for (no, fresh) in [("A1", vec![]), ("A2", vec![superseded("A2")]), ("A3", vec![notice("A3", Kind::DueToday)])] {
        desk.keep(no, [notice(no, Kind::DueToday)]).await;
        desk.tickets.set(no, fresh);
    }
    let round = desk.run().await;
    assert_eq!((round.withdrawn, round.left.len()), (2, 1));
    let reasons = [desk.only("A1").await.reason, desk.only("A2").await.reason, desk.only("A3").await.reason];
    assert_eq!(reasons, [Some("not-wanted".into()), Some("duty-met".into()), None]);
}

#[tokio::test]
async fn the_words_are_made_of_the_facts_of_now() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::FirstContactFinal)]).await;
    let mut fresh = notice("A1", Kind::FirstContactFinal);
    fresh.facts.insert("tries".into(), duban::notice::Fact::Number(2));
    desk.tickets.set("A1", vec![fresh]);
    let round = desk.run().await;
    assert!(round.left.iter().all(|left| left.text.body.contains("已尝试2次")), "{:?}", round.left);
}

#[tokio::test]
async fn the_citizens_number_comes_from_the_store_and_stays_out_of_the_ledger() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms)]).await;
    let round = desk.run().await;
    assert_eq!(whom(&round), [(CITIZEN, "sms")]);
    assert_eq!(desk.sms.letters()[0].to().expose(), MOBILE);
    assert!(!round.left[0].text.body.contains("A1"), "no fact reaches a citizen");
    for file in std::fs::read_dir(desk.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(MOBILE.len()).any(|window| window == MOBILE.as_bytes()));
    }
    assert!(!format!("{:?}", desk.sms.letters()).contains(MOBILE));
}

#[tokio::test]
async fn without_the_store_staff_are_told_and_the_citizen_waits() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms), notice("A1", Kind::DueToday)]).await;
    desk.tickets.down.store(true, Ordering::SeqCst);
    let round = desk.run().await;
    assert_eq!(whom(&round), [("handler", "sms")]);
    assert_eq!((round.released, round.store_unreadable.as_deref()), (1, Some("no route to host")));
    desk.tickets.down.store(false, Ordering::SeqCst);
    desk.forward(TimeDelta::seconds(60));
    let round = desk.run().await;
    assert_eq!(whom(&round), [(CITIZEN, "sms")]);
    assert_eq!(desk.leg("A1", CITIZEN, "sms").await.tries, 1, "waiting cost no attempt");
}

#[tokio::test]
async fn a_ticket_that_vanished_tells_staff_and_not_the_citizen() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms), notice("A1", Kind::DueToday)]).await;
    desk.tickets.known.lock().unwrap().remove(&TicketNo::new("A1"));
    assert_eq!(whom(&desk.run().await), [("handler", "sms")]);
    assert_eq!(desk.leg("A1", CITIZEN, "sms").await.cause.as_deref(), Some("ticket-gone"));
}

#[tokio::test]
async fn a_staff_sms_at_night_waits_for_the_morning_and_its_mail_does_not() {
    let desk = Desk::new().await;
    desk.set(night());
    let due_at_night = Notice { due: night(), batch: Batch::Due(night()), ..notice("A1", Kind::Overdue1) };
    desk.keep("A1", [Notice { roles: vec![Role::Handler], ..due_at_night.clone() }]).await;
    let urgent = Notice { urgent: true, batch: Batch::Alone, ..for_ticket(due_at_night, "A2") };
    desk.keep("A2", [Notice { roles: vec![Role::Handler], ..urgent }]).await;
    let round = desk.run().await;
    assert_eq!(whom(&round), sorted([("handler", "mail"), ("handler", "mail"), ("handler", "sms")]));
    let morning = night() + TimeDelta::hours(9);
    assert_eq!(desk.delivery.next_wake().await.unwrap(), Some(morning));
    desk.set(morning);
    let round = desk.run().await;
    assert_eq!(whom(&round), [("handler", "sms")]);
    assert_eq!((round.left[0].at, round.left[0].deferred_from), (morning, Some(night())));
    assert!(!round.left[0].notices[0].late);
}

#[tokio::test]
async fn an_sms_that_was_not_sent_is_tried_again_and_then_given_up_for_another_way() {
    let desk = Desk::with(|settings| settings.max_tries = 3).await;
    desk.keep("A1", [notice("A1", Kind::DueToday)]).await;
    desk.sms.answer_all(not_sent());
    for wait in [30, 60] {
        assert_eq!(whom(&desk.run().await), [("handler", "sms")]);
        assert_eq!(desk.run().await.left, [], "not before its time");
        desk.forward(TimeDelta::seconds(wait));
    }
    assert_eq!(whom(&desk.run().await), [("handler", "sms")]);
    let leg = desk.leg("A1", "handler", "sms").await;
    assert_eq!((leg.state, leg.tries, leg.cause.as_deref()), (LegState::Dead, 3, Some("refused-connection")));
    assert_eq!(whom(&desk.run().await), [("handler", "mail")]);
}

#[tokio::test]
async fn a_refused_number_is_not_tried_again_and_the_next_way_is() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::DueToday)]).await;
    desk.sms.answer_all(Outcome::Refused(Refusal::Recipient(Failure::new("21614", "no mobile"))));
    desk.mail.answer_all(Outcome::Refused(Refusal::Recipient(Failure::new("smtp-550", "no such user"))));
    let mut told = Vec::new();
    for _ in 0..4 {
        told.extend(
            whom(&desk.run().await).into_iter().map(|(person, channel)| (person.to_owned(), channel.to_owned())),
        );
    }
    let told: Vec<(&str, &str)> = told.iter().map(|(person, channel)| (person.as_str(), channel.as_str())).collect();
    assert_eq!(told, [("handler", "sms"), ("handler", "mail"), ("desk", "sms"), ("desk", "mail")]);
    assert_eq!(desk.only("A1").await.state, NoticeState::Done, "every way was tried once");
}

#[tokio::test]
async fn a_refused_number_leads_to_the_next_number_of_the_person() {
    let mut desk = Desk::new().await;
    let three = ROSTER.replace("\"13800090001\"", "\"13800090001\", \"13800090011\", \"13800090021\"");
    Arc::make_mut(&mut desk.means).roster = Arc::new(Roster::from_toml("roster.toml", &three).unwrap());
    let refused = || Outcome::Refused(Refusal::Recipient(Failure::new("21614", "no mobile")));
    desk.keep("A1", [notice("A1", Kind::DueToday)]).await;
    desk.sms.answer(refused());
    // A number that is merely not reached now is not given up for the next.
    desk.sms.answer(not_sent());
    desk.run().await;
    desk.forward(TimeDelta::seconds(61));
    desk.run().await;
    let numbers =
        |desk: &Desk| desk.sms.letters().iter().map(|letter| letter.to().expose().clone()).collect::<Vec<_>>();
    assert_eq!(numbers(&desk), ["13800090001", "13800090011", "13800090011"]);
    assert_eq!(desk.leg("A1", "handler", "sms").await.state, LegState::Accepted);
    assert_eq!(desk.only("A1").await.legs.len(), 1, "no mail besides");
    // When every number was refused the next way is taken.
    desk.keep("A2", [notice("A2", Kind::DueToday)]).await;
    desk.sms.answer_all(refused());
    assert_eq!(whom(&desk.run().await), [("handler", "sms"); 3]);
    assert_eq!(whom(&desk.run().await), [("handler", "mail")]);
    assert_eq!(numbers(&desk)[3..], ["13800090001", "13800090011", "13800090021"]);
    assert_eq!(desk.leg("A2", "handler", "sms").await.state, LegState::Failed);
}

#[tokio::test]
async fn a_refused_citizen_sms_goes_no_other_way() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms)]).await;
    desk.sms.answer_all(Outcome::Refused(Refusal::Recipient(Failure::new("21614", "no mobile"))));
    desk.run().await;
    let one = desk.only("A1").await;
    assert_eq!((one.legs.len(), one.legs[0].state), (1, LegState::Failed));
}

#[tokio::test]
async fn an_unknown_citizen_sms_is_never_sent_again() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms)]).await;
    desk.sms.answer_all(Outcome::Unknown(Failure::new("http-502", "")));
    desk.run().await;
    for _ in 0..5 {
        desk.forward(TimeDelta::hours(1));
        desk.run().await;
    }
    assert_eq!(desk.sms.letters().len(), 1);
    assert_eq!(desk.leg("A1", CITIZEN, "sms").await.state, LegState::Unknown);
}

#[tokio::test]
async fn an_unknown_staff_sms_is_repeated_once_and_marked() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::DueToday)]).await;
    desk.sms.answer_all(Outcome::Unknown(Failure::new("http-502", "")));
    assert!(!desk.run().await.left[0].is_repeat);
    desk.forward(TimeDelta::minutes(2));
    let round = desk.run().await;
    assert!(round.left[0].is_repeat && round.left[0].text.body.contains("重发"), "{:?}", round.left);
    desk.forward(TimeDelta::hours(1));
    assert_eq!(desk.run().await.left, []);
    assert_eq!(desk.leg("A1", "handler", "sms").await.state, LegState::Unknown);
}

#[tokio::test]
async fn an_unknown_mail_is_repeated_under_the_same_message_id() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenSmsFailed)]).await;
    desk.mail.answer_all(Outcome::Unknown(Failure::new("smtp-no-answer", "")));
    for _ in 0..6 {
        desk.run().await;
        desk.forward(TimeDelta::hours(1));
    }
    let mut ids: HashMap<String, HashMap<String, usize>> = HashMap::new();
    for letter in desk.mail.letters() {
        let Letter::Email(mail) = letter else { panic!("a mail") };
        *ids.entry(mail.to_name).or_default().entry(mail.message_id).or_default() += 1;
    }
    assert_eq!(ids.len(), 2);
    assert!(ids.values().all(|ids| ids.len() == 1 && ids.values().all(|sent| *sent == 4)), "{ids:?}");
}

#[tokio::test]
async fn a_throttled_leg_waits_and_costs_no_attempt() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::DueToday)]).await;
    let until = noon() + TimeDelta::seconds(60);
    desk.sms.answer(Outcome::Throttled { until, why: Failure::new("isv.BUSINESS_LIMIT_CONTROL", "") });
    desk.run().await;
    // Another one to the same person is not even tried.
    desk.keep("A2", [notice("A2", Kind::DueFinal)]).await;
    let round = desk.run().await;
    assert_eq!((whom(&round), round.released), (vec![("deputy", "sms")], 1));
    desk.forward(TimeDelta::seconds(60));
    assert_eq!(desk.run().await.left.len(), 2);
    assert_eq!(desk.leg("A1", "handler", "sms").await.tries, 1);
}

#[tokio::test]
async fn a_channel_that_is_out_is_left_alone_and_its_legs_wait() {
    let desk = Desk::new().await;
    let alone = |no: &str| Notice { batch: Batch::Alone, roles: vec![Role::Handler], ..notice(no, Kind::Overdue1) };
    let numbers: Vec<String> = (0..10).map(|n| format!("A{n}")).collect();
    for no in &numbers {
        desk.keep(no, [alone(no)]).await;
    }
    let until = noon() + TimeDelta::minutes(10);
    desk.sms.answer_all(Outcome::ChannelDown { until, why: Failure::new("balance", "") });
    let round = desk.run().await;
    assert!(desk.sms.letters().len() <= AT_ONCE, "the others were not tried");
    assert_eq!(desk.mail.letters().len(), 10, "the other channel goes on");
    assert_eq!(round.paused.len(), 1);
    desk.sms.answer_all(accepted());
    desk.set(until);
    assert_eq!(desk.run().await.left.len(), 10);
    assert_eq!(desk.leg("A9", "handler", "sms").await.tries, 1);
}

#[tokio::test]
async fn a_channel_that_fails_again_and_again_is_probed_with_one_message() {
    let desk = Desk::new().await;
    for n in 0..40 {
        let no = format!("A{n}");
        desk.keep(&no, [Notice { batch: Batch::Alone, ..notice(&no, Kind::DueToday) }]).await;
    }
    desk.sms.answer_all(not_sent());
    desk.run().await;
    let first = desk.sms.letters().len();
    assert!((5..=8).contains(&first), "{first} tried before it was closed");
    desk.forward(TimeDelta::seconds(31));
    desk.run().await;
    assert_eq!(desk.sms.letters().len(), first + 1);
    desk.sms.answer_all(accepted());
    desk.forward(TimeDelta::minutes(6));
    desk.run().await;
    assert_eq!(desk.counts(NoticeState::Done).await, 40);
}

#[tokio::test]
async fn a_slow_channel_holds_up_no_other() {
    let desk = Desk::new().await;
    desk.keep("A1", [Notice { roles: vec![Role::Handler], ..notice("A1", Kind::Overdue1) }]).await;
    desk.sms.hang.store(true, Ordering::SeqCst);
    let run = desk.run();
    tokio::pin!(run);
    let quick = async {
        while desk.mail.letters().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut run => panic!("the slow one cannot be through"),
        () = quick => {}
    }
    desk.sms.hang.store(false, Ordering::SeqCst);
    desk.sms.go_on.notify_waiters();
    assert_eq!(run.await.left.len(), 2);
}

#[tokio::test]
async fn a_round_does_not_wait_for_a_slow_channel_longer_than_its_patience() {
    let desk = Desk::with(|settings| settings.patience = Some(Duration::from_secs(2))).await;
    desk.keep("A1", [Notice { roles: vec![Role::Handler], ..notice("A1", Kind::Overdue1) }]).await;
    desk.sms.hang.store(true, Ordering::SeqCst);
    assert_eq!(whom(&desk.run().await), [("handler", "mail")]);
    // The next round is not held up, and does not start the slow one again.
    desk.keep("A2", [Notice { roles: vec![Role::Handler], ..notice("A2", Kind::Overdue1) }]).await;
    assert_eq!(whom(&desk.run().await), [("handler", "mail")]);
    desk.sms.hang.store(false, Ordering::SeqCst);
    desk.sms.go_on.notify_waiters();
    assert_eq!(whom(&desk.run().await), [("handler", "sms"), ("handler", "sms")]);
    assert_eq!(desk.counts(NoticeState::Done).await, 2);
}

#[tokio::test]
async fn finish_awaits_the_calls_under_way_and_begins_no_other() {
    let desk = Desk::with(|settings| settings.patience = Some(Duration::from_millis(20))).await;
    for n in 0..10 {
        let no = format!("A{n}");
        desk.keep(&no, [Notice { batch: Batch::Alone, ..notice(&no, Kind::DueToday) }]).await;
    }
    desk.sms.hang.store(true, Ordering::SeqCst);
    desk.run().await;
    while desk.sms.letters().len() < AT_ONCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let release = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        desk.sms.hang.store(false, Ordering::SeqCst);
        desk.sms.go_on.notify_waiters();
    };
    let (round, ()) = tokio::join!(desk.delivery.finish(), release);
    assert_eq!((round.left.len(), round.released), (AT_ONCE, 10 - AT_ONCE as u64));
    let mut desk = desk.restarted().await;
    Arc::make_mut(&mut desk.means).settings.patience = None;
    assert_eq!(desk.run().await.left.len(), 10 - AT_ONCE, "the next process goes on at once");
}

#[tokio::test]
async fn a_channel_sends_no_more_in_a_minute_than_it_may() {
    let desk = Desk::new().await;
    *desk.sms.per_minute.lock().unwrap() = Some(3);
    for n in 0..8 {
        let no = format!("A{n}");
        desk.keep(&no, [Notice { batch: Batch::Alone, ..notice(&no, Kind::DueToday) }]).await;
    }
    let round = desk.run().await;
    assert_eq!((round.left.len(), round.paused[0].until), (3, noon() + TimeDelta::seconds(60)));
    assert_eq!(desk.delivery.next_wake().await.unwrap(), Some(noon() + TimeDelta::seconds(60)));
    // Counted in the ledger: a new process knows of them too.
    let desk = desk.restarted().await;
    desk.forward(TimeDelta::seconds(59));
    assert_eq!(desk.run().await.left, []);
    desk.forward(TimeDelta::seconds(1));
    assert_eq!(desk.run().await.left.len(), 3);
    desk.forward(TimeDelta::seconds(60));
    assert_eq!(desk.run().await.left.len(), 2);
}

#[tokio::test]
async fn what_was_claimed_and_never_called_leaves_unmarked_after_a_break() {
    let desk = Desk::new().await;
    for n in 0..10 {
        let no = format!("A{n}");
        desk.keep(&no, [Notice { batch: Batch::Alone, ..notice(&no, Kind::DueToday) }]).await;
        desk.keep(&format!("B{n}"), [notice(&format!("B{n}"), Kind::CitizenUnreachableSms)]).await;
    }
    let broken = desk.hooked(|point| assert!(point != Point::AfterCall, "broken on purpose"));
    assert_eq!(broken.run().await.broken.len(), 1);
    let called = broken.sms.letters();
    assert!(called.len() <= AT_ONCE, "{}", called.len());
    let citizens = called.iter().filter(|letter| letter.to().expose() == MOBILE).count();
    let staff = called.len() - citizens;
    let desk = broken.restarted().await;
    desk.forward(TimeDelta::minutes(10));
    let round = desk.run().await;
    assert_eq!(round.left.iter().filter(|left| left.is_repeat).count(), staff, "what was never called is no repeat");
    let unknown = round.recovered.iter().filter(|one| one.state == LegState::Unknown).count();
    assert_eq!((round.recovered.len(), unknown), (20, citizens));
    assert_eq!(desk.sms.letters().len(), 20 + staff);
}

#[tokio::test]
async fn work_that_breaks_off_is_named_and_taken_up_again() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::DueToday)]).await;
    let broken = desk.hooked(|point| assert!(point != Point::Claimed, "broken on purpose"));
    let round = broken.run().await;
    assert_eq!((round.broken.len(), round.broken[0].channel.as_str()), (1, "sms"));
    let desk = broken.restarted().await;
    desk.forward(TimeDelta::minutes(10));
    assert_eq!(whom(&desk.run().await), [("handler", "sms")]);
}

#[tokio::test]
async fn a_call_without_an_end_is_cut_off_as_unknown() {
    let desk = Desk::with(|settings| settings.grace = Duration::from_millis(20)).await;
    *desk.sms.call.lock().unwrap() = Duration::from_millis(20);
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms)]).await;
    desk.sms.hang.store(true, Ordering::SeqCst);
    let round = desk.run().await;
    assert_eq!(
        round.left[0].outcome,
        Outcome::Unknown(Failure::new("call-limit", "no answer within the limit of a call"))
    );
    assert_eq!(desk.leg("A1", CITIZEN, "sms").await.state, LegState::Unknown);
}

#[tokio::test]
async fn a_channel_whose_code_breaks_leaves_an_unknown_outcome() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms)]).await;
    desk.sms.panics.store(true, Ordering::SeqCst);
    assert_eq!(desk.run().await.left[0].outcome.class(), "unknown");
}

#[tokio::test]
async fn no_more_calls_run_at_once_than_the_channel_can_bear() {
    let desk = Desk::new().await;
    for n in 0..30 {
        let no = format!("A{n}");
        desk.keep(&no, [Notice { batch: Batch::Alone, ..notice(&no, Kind::DueToday) }]).await;
    }
    desk.run().await;
    assert_eq!(desk.sms.letters().len(), 30);
    assert!(desk.sms.most_at_once.load(Ordering::SeqCst) <= AT_ONCE);
}

#[tokio::test]
async fn a_channel_gone_from_the_settings_hands_its_legs_to_another() {
    let mut desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::DueToday), notice("A1", Kind::CitizenUnreachableSms)]).await;
    desk.sms.answer_all(not_sent());
    desk.run().await;
    desk.channels(&["mail", "spare"]);
    desk.forward(TimeDelta::hours(1));
    let round = desk.run().await;
    assert_eq!(round.rerouted, 2);
    assert_eq!(whom(&round), sorted([(CITIZEN, "spare"), ("handler", "spare")]));
}

#[tokio::test]
async fn a_group_hears_each_notice_once_on_top_of_its_people_and_nothing_to_a_citizen() {
    let wire = WIRES.iter().find(|wire| wire.kind == "wecom").unwrap();
    for (answer, state) in [(wire.taken, LegState::Accepted), (wire.bad_text.unwrap().1, LegState::Failed)] {
        let peer = GatewayPeer::doing(Do::json(200, answer)).await;
        let mut desk = Desk::new().await;
        let alone = Desk::new().await;
        Arc::make_mut(&mut desk.means).channels.push(wire.channel(&format!("http://127.0.0.1:{}", peer.port)));
        for desk in [&desk, &alone] {
            desk.keep("A1", [notice("A1", Kind::Overdue1), notice("A1", Kind::CitizenUnreachableSms)]).await;
        }
        let (round, without) = (desk.run().await, alone.run().await);
        let mut expected = whom(&without);
        expected.push((GROUP, "peer"));
        assert_eq!(whom(&round), sorted(expected), "the people hear as they do without it");
        let asked = peer.asked();
        assert_eq!(asked.len(), 1, "three roles sit in the group, and it hears once");
        let text = String::from_utf8_lossy(&asked[0].body).into_owned();
        assert!(text.contains("【青浦水务热线】逾期催办") && text.contains("A1") && !text.contains("本邮件"), "{text}");
        assert!(!text.contains("13800"), "{text}");
        let listed = desk.outbox.list(&Filter::Ticket(TicketNo::new("A1")), 10).await.unwrap();
        let legs: Vec<_> = listed.iter().flat_map(|one| &one.legs).filter(|leg| leg.person == GROUP).collect();
        assert_eq!((legs.len(), legs[0].state), (1, state));
        desk.forward(TimeDelta::hours(1));
        assert_eq!(whom(&desk.run().await), [], "a group that refuses leads to nobody else");
    }
}

#[tokio::test]
async fn a_claim_that_is_too_old_is_not_acted_on() {
    let desk = Desk::new().await;
    desk.keep("A1", [notice("A1", Kind::CitizenUnreachableSms)]).await;
    // The process freezes between the claim and the call.
    let clock = desk.clock.clone();
    let frozen = AtomicBool::new(false);
    let desk = desk.hooked(move |point| {
        if point == Point::Claimed && !frozen.swap(true, Ordering::SeqCst) {
            clock.set(noon() + TimeDelta::minutes(55));
        }
    });
    let round = desk.run().await;
    assert_eq!(round.released, 1);
    assert_eq!(desk.sms.letters().len(), 1, "a fresh claim did send it");
    let attempts = desk.show("A1").await.legs.remove(0).attempts;
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome.as_deref().unwrap()).collect();
    assert_eq!(outcomes, ["released", "accepted"]);
}

#[tokio::test]
async fn a_clock_that_ran_backwards_stops_claims() {
    let desk = Desk::new().await;
    desk.run().await;
    desk.keep("A1", [Notice { due: noon() - TimeDelta::hours(2), ..notice("A1", Kind::DueToday) }]).await;
    desk.set(noon() - TimeDelta::hours(1));
    let error = desk.delivery.run(&desk.means).await.unwrap_err();
    assert!(matches!(error, DeliveryError::ClockWentBack { .. }), "{error}");
    desk.set(noon());
    assert_eq!(desk.run().await.left.len(), 1);
}

#[tokio::test]
async fn a_kill_at_any_point_loses_nothing_and_doubles_no_citizen_sms() {
    for killed_at in Point::ALL {
        let desk = Desk::new().await;
        for no in ["A1", "A2"] {
            desk.keep(no, [notice(no, Kind::CitizenUnreachableSms), notice(no, Kind::DueToday)]).await;
        }
        let hit = Arc::new(tokio::sync::Notify::new());
        let hook = hit.clone();
        let desk = desk.hooked(move |point| {
            if point == killed_at {
                hook.notify_one();
            }
        });
        // The run ends where it stands, as a process does.
        tokio::select! {
            biased;
            () = hit.notified() => {}
            _ = desk.run() => {}
        }
        let after = desk.restarted().await;
        for _ in 0..4 {
            after.forward(TimeDelta::minutes(10));
            after.run().await;
        }
        let mut letters = HashMap::new();
        for letter in after.sms.letters() {
            *letters.entry((letter.id().to_owned(), letter.to().expose().clone())).or_insert(0) += 1;
        }
        for ((_, to), sent) in &letters {
            assert!(*sent == 1 || to != MOBILE, "doubled after a kill at {killed_at:?}");
        }
        for listed in after.outbox.list(&Filter::All, 100).await.unwrap() {
            for leg in &listed.legs {
                let repeats = letters.values().copied().max().unwrap_or(0);
                assert!(repeats <= 2, "more than one repeat after a kill at {killed_at:?}");
                let ended = matches!(leg.state, LegState::Accepted | LegState::Unknown);
                assert!(ended, "{} is {} after a kill at {killed_at:?}", leg.person, leg.state);
            }
        }
    }
}

// The desk of the tests.

const AT_ONCE: usize = 4;

struct Desk {
    folder: Arc<tempfile::TempDir>,
    outbox: Outbox,
    clock: Arc<HandClock>,
    delivery: Delivery,
    means: Arc<Means>,
    sms: Arc<Fake>,
    mail: Arc<Fake>,
    spare: Arc<Fake>,
    tickets: Arc<Tickets>,
}

impl Desk {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut DeliverySettings)) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let outbox = Outbox::open(folder.path().join("ledger.db")).await.unwrap();
        let clock = Arc::new(HandClock::at(noon()));
        let [sms, spare] = ["sms", "spare"].map(|name| Arc::new(Fake::new(name, Medium::Sms)));
        let mail = Arc::new(Fake::new("mail", Medium::Email));
        let tickets = Arc::new(Tickets::default());
        let back_off = BackOff { jitter: Jitter::None, ..BackOff::default() };
        let mut settings = DeliverySettings { back_off, ..DeliverySettings::default() };
        change(&mut settings);
        let means = Means {
            roster: Arc::new(Roster::from_toml("roster.toml", ROSTER).unwrap()),
            templates: Arc::new(Templates::load(&[], &Wording::default()).unwrap()),
            channels: vec![sms.clone(), mail.clone()],
            tickets: tickets.clone(),
            settings,
        };
        let delivery = Delivery::new(outbox.clone(), clock.clone());
        Self { folder, outbox, clock, delivery, means: Arc::new(means), sms, mail, spare, tickets }
    }

    /// The same with a hook at the marked points.
    fn hooked(mut self, hook: impl Fn(Point) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.means).settings.fail_point = FailPoint::new(hook);
        self
    }

    /// The same ledger and channels in a new process.
    async fn restarted(mut self) -> Self {
        // What was under way ends at once.
        self.delivery = Delivery::new(self.outbox.clone(), self.clock.clone());
        self.outbox = Outbox::open(self.folder.path().join("ledger.db")).await.unwrap();
        self.delivery = Delivery::new(self.outbox.clone(), self.clock.clone());
        Arc::make_mut(&mut self.means).settings.fail_point = FailPoint::default();
        self
    }

    fn channels(&mut self, names: &[&str]) {
        let all: [Arc<dyn Carrier>; 3] = [self.sms.clone(), self.mail.clone(), self.spare.clone()];
        let kept = all.into_iter().filter(|channel| names.contains(&channel.name())).collect();
        Arc::make_mut(&mut self.means).channels = kept;
    }

    /// Keeps the whole set of a ticket, in the ledger and in the store.
    async fn keep(&self, no: &str, notices: impl IntoIterator<Item = Notice>) {
        let notices: Vec<_> = notices.into_iter().collect();
        self.tickets.set(no, notices.clone());
        let subject = Subject::Ticket { no: TicketNo::new(no), round: 1, assignment: None };
        self.outbox.keep(&[Wanted { scope: scope(&subject), notices }], noon()).await.unwrap();
    }

    async fn run(&self) -> Round {
        self.delivery.run(&self.means).await.unwrap()
    }

    fn set(&self, now: DateTime<Utc>) {
        self.clock.set(now);
    }

    fn forward(&self, by: TimeDelta) {
        self.clock.set(duban::clock::Clock::now(&*self.clock) + by);
    }

    async fn only(&self, no: &str) -> Listed {
        let listed = self.outbox.list(&Filter::Ticket(TicketNo::new(no)), 10).await.unwrap();
        let [one] = <[_; 1]>::try_from(listed).unwrap();
        one
    }

    async fn show(&self, no: &str) -> Listed {
        self.outbox.show(self.only(no).await.notice.id).await.unwrap()
    }

    async fn leg(&self, no: &str, person: &str, channel: &str) -> duban::outbox::ListedLeg {
        let listed = self.outbox.list(&Filter::Ticket(TicketNo::new(no)), 10).await.unwrap();
        let mut legs = listed.into_iter().flat_map(|one| one.legs);
        legs.find(|leg| leg.person == person && leg.channel == channel).unwrap()
    }

    async fn counts(&self, state: NoticeState) -> u64 {
        let counts = self.outbox.counts().await.unwrap().notices;
        counts.into_iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| count)
    }
}

/// A channel that answers as it is told, accepting unless told otherwise.
struct Fake {
    name: &'static str,
    medium: Medium,
    call: Mutex<Duration>,
    per_minute: Mutex<Option<u32>>,
    always: Mutex<Outcome>,
    next: Mutex<VecDeque<Outcome>>,
    letters: Mutex<Vec<Letter>>,
    hang: AtomicBool,
    go_on: tokio::sync::Notify,
    panics: AtomicBool,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Fake {
    fn new(name: &'static str, medium: Medium) -> Self {
        Self {
            name,
            medium,
            call: Mutex::new(Duration::from_secs(10)),
            per_minute: Mutex::default(),
            always: Mutex::new(accepted()),
            next: Mutex::default(),
            letters: Mutex::default(),
            hang: AtomicBool::new(false),
            go_on: tokio::sync::Notify::new(),
            panics: AtomicBool::new(false),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        }
    }

    fn answer_all(&self, outcome: Outcome) {
        *self.always.lock().unwrap() = outcome;
    }

    fn answer(&self, outcome: Outcome) {
        self.next.lock().unwrap().push_back(outcome);
    }

    fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }
}

impl Carrier for Fake {
    fn name(&self) -> &str {
        self.name
    }

    fn medium(&self) -> Medium {
        self.medium
    }

    fn limits(&self) -> Limits {
        Limits {
            call: *self.call.lock().unwrap(),
            at_once: AT_ONCE,
            per_minute: *self.per_minute.lock().unwrap(),
            text_units: None,
            text_bytes: None,
        }
    }

    fn carry<'a>(&'a self, letter: &'a Letter, _now: DateTime<Utc>) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            assert!(!self.panics.load(Ordering::SeqCst), "broken on purpose");
            let running = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(running, Ordering::SeqCst);
            self.letters.lock().unwrap().push(letter.clone());
            tokio::task::yield_now().await;
            while self.hang.load(Ordering::SeqCst) {
                self.go_on.notified().await;
            }
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            let next = self.next.lock().unwrap().pop_front();
            next.unwrap_or_else(|| self.always.lock().unwrap().clone())
        })
    }
}

/// The store and the planner in one: what is wanted of each ticket now.
#[derive(Default)]
struct Tickets {
    known: Mutex<HashMap<TicketNo, Vec<Notice>>>,
    down: AtomicBool,
}

impl Tickets {
    fn set(&self, no: &str, notices: Vec<Notice>) {
        self.known.lock().unwrap().insert(TicketNo::new(no), notices);
    }
}

impl Reread for Tickets {
    fn reread<'a>(
        &'a self,
        tickets: &'a [TicketNo],
        _now: DateTime<Utc>,
    ) -> Boxed<'a, Result<HashMap<TicketNo, Fresh>, RereadError>> {
        Box::pin(async move {
            if self.down.load(Ordering::SeqCst) {
                return Err(RereadError("no route to host".into()));
            }
            let known = self.known.lock().unwrap();
            let fresh = |notices: &Vec<Notice>| Fresh {
                notices: notices.clone(),
                mobile: Some(Private::new(MOBILE.to_owned())),
            };
            Ok(tickets.iter().filter_map(|no| Some((no.clone(), fresh(known.get(no)?)))).collect())
        })
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 22).unwrap()
}

fn noon() -> DateTime<Utc> {
    civil::at(day(), 12, 0)
}

fn night() -> DateTime<Utc> {
    civil::at(day(), 22, 0)
}

fn notice(no: &str, kind: Kind) -> Notice {
    let mut facts = fixture_facts(kind, &Wording::default()).unwrap().remove(0);
    facts.insert("no".into(), duban::notice::Fact::Text(no.into()));
    Notice {
        subject: Subject::Ticket { no: TicketNo::new(no), round: 1, assignment: None },
        kind,
        occurrence: if kind.is_to_citizen() { Occurrence::Once } else { Occurrence::Due(noon()) },
        roles: kind.roles().to_vec(),
        unit: Some("甲站".into()),
        category: None,
        due: noon(),
        expires: None,
        batch: Batch::Due(noon()),
        wish: Wish::Send,
        late: false,
        urgent: false,
        provisional: false,
        facts,
    }
}

fn for_ticket(notice: Notice, no: &str) -> Notice {
    Notice { subject: Subject::Ticket { no: TicketNo::new(no), round: 1, assignment: None }, ..notice }
}

fn superseded(no: &str) -> Notice {
    Notice { wish: Wish::Superseded(Reason::DutyMet), ..notice(no, Kind::DueToday) }
}

fn accepted() -> Outcome {
    Outcome::Accepted(Receipt(Some("id-1".into())))
}

fn not_sent() -> Outcome {
    Outcome::NotSent { not_before: None, why: Failure::new("refused-connection", "") }
}

/// Person and channel of each call, sorted.
fn whom(round: &Round) -> Vec<(&str, &str)> {
    sorted(round.left.iter().map(|left: &Leaving| (left.person.as_str(), left.channel.as_str())))
}

fn sorted<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.sort_unstable();
    pairs
}
