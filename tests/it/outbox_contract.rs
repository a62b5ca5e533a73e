//! What the outbox promises, as one set of tests for every ledger there is.
//!
//! Each test takes a fresh [`Ledger`]; a further database is a further line at
//! [`contract`]'s call.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use duban::{
    notice::{
        Batch, Fact, Facts, Failure, Kind, Medium, Notice, Occurrence, Outcome, Reason, Receipt, Role, Subject, Wish,
    },
    outbox::{
        Begun, Bundle, CITIZEN, ClaimOrder, Expansion, FactSeen, Filter, FormFilter, HandedOrder, IssuedForm, Kept,
        KeptNotice, LegId, LegState, NewForm, NewLeg, Next, NoticeState, Outbox, OutboxError, RepeatEntry, Repeats,
        Series, Settled, Settlement, Together, Token, Wanted, scope,
    },
    ticket::{NumberHash, TicketNo},
};

const LEASE: TimeDelta = TimeDelta::seconds(60);
const REPEATS: Repeats = Repeats { sms: 1, email: 3, chat: 1, webhook: 3, file: 3 };

/// A place for a ledger, opened as often as a test likes.
struct Ledger {
    folder: tempfile::TempDir,
}

impl Ledger {
    fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    async fn open(&self) -> Outbox {
        Outbox::open(self.path()).await.unwrap()
    }
}

macro_rules! contract {
    ($ledger:ident: $($name:ident),+ $(,)?) => {
        mod $ledger {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(&super::Ledger::$ledger()).await;
                }
            )+
        }
    };
}

contract!(sqlite:
    the_same_input_twice_changes_nothing,
    a_notice_has_one_row_for_each_role,
    an_open_notice_no_longer_wanted_is_superseded,
    a_notice_recorded_as_superseded_is_never_expanded,
    a_superseded_notice_wanted_again_is_reopened,
    a_sent_notice_is_left_alone_when_no_longer_wanted,
    an_open_notice_takes_the_newest_facts,
    a_late_notice_stays_late,
    a_cancelled_notice_is_not_reopened,
    a_foreign_notice_is_refused_by_its_key,
    an_acknowledgement_is_kept_once_and_audited,
    only_staff_who_were_told_can_acknowledge,
    who_is_left_out_is_recorded_and_the_notice_ends,
    handed_counts_ordinary_messages_that_may_have_arrived,
    gathered_legs_travel_together_across_kinds,
    urgent_notices_expand_first_and_none_before_it_is_due,
    what_goes_alone_is_given_without_the_rest,
    one_person_in_two_roles_hears_once,
    a_notice_that_reaches_nobody_ends_with_that_cause,
    legs_of_one_person_channel_and_batch_travel_together,
    legs_that_go_alone_are_never_bundled,
    overdue_steps_of_a_first_start_travel_together_across_kinds,
    a_leg_is_not_claimed_before_its_time,
    two_claimants_share_no_leg,
    an_accepted_leg_ends_its_notice,
    a_settle_on_an_old_token_is_fenced_and_its_answer_kept,
    a_parked_leg_costs_no_attempt,
    a_withdrawn_leg_supersedes_its_notice,
    a_refused_leg_is_replaced_in_the_same_commit,
    a_failed_leg_goes_by_the_first_way_not_tried_in_vain,
    a_claim_still_worked_on_is_not_taken_back,
    a_lease_that_ran_out_leaves_a_citizen_leg_unknown,
    a_lease_that_ran_out_repeats_a_staff_leg_once,
    a_claim_whose_call_never_began_is_put_back_at_no_cost,
    a_claim_that_was_taken_away_must_not_be_called,
    every_claim_is_taken_back_at_once_by_whom_the_ledger_belongs_to_alone,
    a_repeat_travels_under_the_same_envelope,
    a_repeat_no_longer_wanted_stays_unknown,
    what_was_committed_survives_a_kill_at_every_step,
    a_notice_whose_moment_has_passed_expires,
    a_citizen_leg_that_may_have_arrived_cannot_be_retried,
    a_dead_leg_is_retried_by_hand_and_audited,
    nobody_is_asked_for_again_after_a_retry,
    held_notices_wait_for_their_release,
    facts_are_kept_once_and_in_the_order_seen,
    citizen_outcomes_tell_the_state_of_each_sms,
    told_names_what_reached_a_provider,
    sent_since_counts_messages_and_no_claim_that_was_put_back,
    watch_since_is_set_by_the_first_call,
    repeats_come_back_as_saved,
    a_role_changes_hands_only_after_its_lease,
    next_wake_names_the_earliest_thing_to_come,
    stuck_lists_what_should_have_moved,
    a_subject_has_one_form_however_often_it_is_asked_for,
    forms_are_numbered_without_gaps_by_series_and_year,
    eight_writers_give_one_number_to_a_subject_and_none_twice,
    an_order_is_remembered_by_its_ticket_in_the_same_commit,
    forms_are_listed_by_ticket_group_series_and_instant,
    eight_writers_lose_nothing,
    a_dropped_step_does_not_harm_the_next,
);

async fn the_same_input_twice_changes_nothing(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let sets = [set("A1", [notice("A1", Kind::DueToday)]), set("A2", [notice("A2", Kind::Overdue1)])];
    assert_eq!(outbox.keep(&sets, at(0)).await.unwrap(), Kept { new: 4, ..Kept::default() });
    assert_eq!(outbox.keep(&sets, at(60)).await.unwrap(), Kept { unchanged: 4, ..Kept::default() });
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    assert_eq!(outbox.keep(&sets, at(61)).await.unwrap(), Kept { unchanged: 4, ..Kept::default() });
}

async fn a_notice_has_one_row_for_each_role(ledger: &Ledger) {
    let outbox = ledger.open().await;
    // The same notice twice in one set is one promise all the same.
    let sets = [set("A1", [notice("A1", Kind::Overdue1), notice("A1", Kind::Overdue1)])];
    assert_eq!(outbox.keep(&sets, at(0)).await.unwrap().new, 3);
    let roles: Vec<Role> = listed(&outbox).await.iter().map(|one| one.notice.key.role).collect();
    assert_eq!(roles, [Role::Desk, Role::Deputy, Role::Handler]);
}

async fn an_open_notice_no_longer_wanted_is_superseded(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let other = set("A2", [notice("A2", Kind::DueToday)]);
    outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)]), other], at(0)).await.unwrap();
    let legs = everyone(&outbox, 0).await;
    outbox.expand(&legs, at(0)).await.unwrap();
    let kept = outbox.keep(&[set("A1", [])], at(1)).await.unwrap();
    assert_eq!(kept, Kept { superseded: 1, ..Kept::default() });
    let one = only(&outbox, "A1").await;
    assert_eq!((one.state, one.reason.as_deref()), (NoticeState::Superseded, Some("not-wanted")));
    assert_eq!((one.legs[0].state, one.legs[0].cause.as_deref()), (LegState::Superseded, Some("not-wanted")));
    assert_eq!(only(&outbox, "A2").await.state, NoticeState::Open, "another scope is not touched");
    let again = outbox.keep(&[set("A1", [])], at(2)).await.unwrap();
    assert_eq!(again, Kept { unchanged: 1, ..Kept::default() });
}

async fn a_notice_recorded_as_superseded_is_never_expanded(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let mut lower = notice("A1", Kind::Overdue1);
    lower.wish = Wish::Superseded(Reason::HigherStep);
    let kept = outbox.keep(&[set("A1", [lower, notice("A1", Kind::Overdue2)])], at(0)).await.unwrap();
    assert_eq!((kept.recorded, kept.new), (3, 4));
    let due = outbox.unexpanded(at(0), 100).await.unwrap();
    assert!(due.iter().all(|notice| notice.key.kind == Kind::Overdue2) && due.len() == 4);
}

async fn a_superseded_notice_wanted_again_is_reopened(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let wanted = [set("A1", [notice("A1", Kind::DueToday)])];
    outbox.keep(&wanted, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    outbox.keep(&[set("A1", [])], at(1)).await.unwrap();
    assert_eq!(outbox.keep(&wanted, at(2)).await.unwrap(), Kept { reopened: 1, ..Kept::default() });
    assert_eq!(claim(&outbox, 2, 10).await, [], "its people are looked up anew");
    outbox.expand(&everyone(&outbox, 2).await, at(2)).await.unwrap();
    assert_eq!(claim(&outbox, 2, 10).await.len(), 1);
}

async fn a_sent_notice_is_left_alone_when_no_longer_wanted(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)])], at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let bundle = one_bundle(&outbox, 0).await;
    // On the way: it can be neither withdrawn nor reopened.
    assert_eq!(outbox.keep(&[set("A1", [])], at(1)).await.unwrap().superseded, 0);
    assert_eq!(outbox.settle(&accepted(&bundle), at(2)).await.unwrap(), []);
    assert_eq!(outbox.keep(&[set("A1", [])], at(3)).await.unwrap(), Kept { unchanged: 1, ..Kept::default() });
    let kept = outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)])], at(4)).await.unwrap();
    assert_eq!(kept, Kept { unchanged: 1, ..Kept::default() });
    assert_eq!(only(&outbox, "A1").await.state, NoticeState::Done);
}

async fn an_open_notice_takes_the_newest_facts(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::FirstContactFinal)])], at(0)).await.unwrap();
    let mut newer = notice("A1", Kind::FirstContactFinal);
    newer.facts.insert("tries".into(), Fact::Number(2));
    let kept = outbox.keep(&[set("A1", [newer])], at(1)).await.unwrap();
    assert_eq!(kept, Kept { refreshed: 2, ..Kept::default() });
    let due = outbox.unexpanded(at(1), 10).await.unwrap();
    assert!(due.iter().all(|notice| notice.facts["tries"] == Fact::Number(2)));
}

async fn a_late_notice_stays_late(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let on_time = notice("A1", Kind::DueToday);
    let late = Notice { late: true, batch: Batch::Cycle(at(9)), ..on_time.clone() };
    outbox.keep(&[set("A1", [on_time.clone()])], at(0)).await.unwrap();
    assert_eq!(outbox.keep(&[set("A1", [late])], at(9)).await.unwrap().refreshed, 1);
    assert_eq!(outbox.keep(&[set("A1", [on_time])], at(10)).await.unwrap().unchanged, 1);
    assert!(outbox.unexpanded(at(10), 1).await.unwrap()[0].late);
}

async fn a_cancelled_notice_is_not_reopened(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let wanted = [set("A1", [notice("A1", Kind::DueToday)])];
    outbox.keep(&wanted, at(0)).await.unwrap();
    outbox.cancel(only(&outbox, "A1").await.notice.id, "desk", at(1)).await.unwrap();
    assert_eq!(outbox.keep(&wanted, at(2)).await.unwrap(), Kept { unchanged: 1, ..Kept::default() });
    let again = outbox.cancel(only(&outbox, "A1").await.notice.id, "desk", at(1)).await;
    assert!(matches!(again, Err(OutboxError::Forbidden { what: "notice", state: "superseded", .. })));
}

async fn a_foreign_notice_is_refused_by_its_key(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let error = outbox.keep(&[set("A1", [notice("A2", Kind::DueToday)])], at(0)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("notice T/A2/r1|due-today|{} does not belong to the scope T/A1", at(0).timestamp())
    );
    assert_eq!(listed(&outbox).await, []);
}

async fn urgent_notices_expand_first_and_none_before_it_is_due(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let urgent = Notice { urgent: true, due: at(5), ..notice("A2", Kind::DueToday) };
    let future = Notice { due: at(11), ..notice("A3", Kind::DueToday) };
    let sets = [set("A1", [notice("A1", Kind::DueToday)]), set("A2", [urgent]), set("A3", [future])];
    outbox.keep(&sets, at(0)).await.unwrap();
    let due = outbox.unexpanded(at(10), 10).await.unwrap();
    let tickets: Vec<_> = due.iter().filter_map(|notice| notice.ticket.as_ref().map(TicketNo::as_str)).collect();
    assert_eq!(tickets, ["A2", "A1"]);
    assert_eq!(outbox.unexpanded(at(10), 1).await.unwrap().len(), 1);
}

async fn one_person_in_two_roles_hears_once(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::Overdue1)])], at(0)).await.unwrap();
    let due = outbox.unexpanded(at(0), 10).await.unwrap();
    let expansions: Vec<_> = due
        .iter()
        .map(|notice| Expansion { notice: notice.id, legs: vec![sms("p1"), mail("p1")], left_out: Vec::new() })
        .collect();
    let expanded = outbox.expand(&expansions, at(0)).await.unwrap();
    assert_eq!((expanded.legs, expanded.told_already, expanded.nobody), (2, 2, 0));
    let legs: usize = claim(&outbox, 0, 10).await.iter().map(|bundle| bundle.legs.len()).sum();
    assert_eq!(legs, 2);
    let states: Vec<_> = listed(&outbox).await.iter().map(|one| one.state).collect();
    assert_eq!(states, [NoticeState::Done, NoticeState::Done, NoticeState::Open]);
}

async fn a_notice_that_reaches_nobody_ends_with_that_cause(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)])], at(0)).await.unwrap();
    let due = outbox.unexpanded(at(0), 10).await.unwrap();
    let expanded =
        outbox.expand(&[Expansion { notice: due[0].id, legs: vec![], left_out: Vec::new() }], at(0)).await.unwrap();
    assert_eq!((expanded.nobody, expanded.told_already), (1, 0));
    let one = only(&outbox, "A1").await;
    assert_eq!(one.state, NoticeState::Done);
    assert_eq!((one.legs[0].state, one.legs[0].cause.as_deref()), (LegState::Dead, Some("nobody-reachable")));
}

async fn legs_of_one_person_channel_and_batch_travel_together(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let tickets = ["A1", "A2", "A3"];
    let mut sets: Vec<_> = tickets.iter().map(|no| set(no, [notice(no, Kind::DueToday)])).collect();
    sets.push(set("A4", [notice("A4", Kind::DueFinal)]));
    outbox.keep(&sets, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    // One seed is enough: the batch comes with it.
    let bundles = claim(&outbox, 0, 1).await;
    assert_eq!(bundles.len(), 1);
    let together: Vec<_> = bundles[0].legs.iter().map(|leg| leg.notice.ticket.clone().unwrap()).collect();
    assert_eq!(together, tickets.map(TicketNo::new));
    assert_eq!(claim(&outbox, 0, 9).await.len(), 2, "the two roles of the other kind");
}

async fn legs_that_go_alone_are_never_bundled(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let alone = |no| Notice { batch: Batch::Alone, ..notice(no, Kind::DueToday) };
    // To a citizen everything goes alone, whatever the planner says.
    let citizen = |no| notice(no, Kind::CitizenUnreachableSms);
    let sets = [set("A1", [alone("A1"), citizen("A1")]), set("A2", [alone("A2"), citizen("A2")])];
    outbox.keep(&sets, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let bundles = claim(&outbox, 0, 9).await;
    assert_eq!(bundles.iter().map(|bundle| bundle.legs.len()).collect::<Vec<_>>(), [1, 1, 1, 1]);
    let names: HashSet<_> = bundles.iter().map(|bundle| bundle.envelope).collect();
    assert_eq!(names.len(), 4);
}

async fn overdue_steps_of_a_first_start_travel_together_across_kinds(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let first = |no, kind| Notice { batch: Batch::FirstStart(at(0)), roles: vec![Role::Handler], ..notice(no, kind) };
    let sets = [set("A1", [first("A1", Kind::Overdue1)]), set("A2", [first("A2", Kind::Overdue3)])];
    outbox.keep(&sets, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    assert_eq!(one_bundle(&outbox, 0).await.legs.len(), 2);
}

async fn a_leg_is_not_claimed_before_its_time(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)])], at(0)).await.unwrap();
    let due = outbox.unexpanded(at(0), 1).await.unwrap();
    let quiet = NewLeg { not_before: Some(at(100)), ..sms("p1") };
    let legs = vec![quiet, mail("p1")];
    outbox.expand(&[Expansion { notice: due[0].id, legs, left_out: Vec::new() }], at(0)).await.unwrap();
    let media = |bundles: Vec<Bundle>| bundles.iter().map(|bundle| bundle.medium).collect::<Vec<_>>();
    assert_eq!(media(claim(&outbox, 99, 9).await), [Medium::Email]);
    assert_eq!(media(claim(&outbox, 100, 9).await), [Medium::Sms]);
}

async fn two_claimants_share_no_leg(ledger: &Ledger) {
    let (one, two) = (ledger.open().await, ledger.open().await);
    let numbers: Vec<String> = (0..200).map(|n| format!("A{n}")).collect();
    let alone = |no: &str| Notice { batch: Batch::Alone, ..notice(no, Kind::DueToday) };
    let sets: Vec<_> = numbers.iter().map(|no| set(no, [alone(no)])).collect();
    one.keep(&sets, at(0)).await.unwrap();
    one.expand(&everyone(&one, 0).await, at(0)).await.unwrap();
    let claim_all = async |outbox: &Outbox| {
        let mut legs = Vec::new();
        loop {
            let bundles = claim(outbox, 0, 7).await;
            if bundles.is_empty() {
                return legs;
            }
            legs.extend(bundles.iter().flat_map(|bundle| bundle.legs.iter().map(|leg| leg.id)));
        }
    };
    let (first, second) = tokio::join!(claim_all(&one), claim_all(&two));
    let distinct: HashSet<_> = first.iter().chain(&second).collect();
    assert_eq!((distinct.len(), first.len() + second.len()), (200, 200));
}

async fn an_accepted_leg_ends_its_notice(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    assert_eq!(outbox.settle(&accepted(&bundle), at(3)).await.unwrap(), []);
    let one = outbox.show(bundle.legs[0].notice.id).await.unwrap();
    assert_eq!((one.state, one.ended), (NoticeState::Done, Some(at(3))));
    let leg = &one.legs[0];
    assert_eq!((leg.state, leg.tries, leg.ended, leg.lease_until), (LegState::Accepted, 1, Some(at(3)), None));
    let attempt = &leg.attempts[0];
    assert_eq!(
        (attempt.n, attempt.outcome.as_deref(), attempt.receipt.as_deref()),
        (1, Some("accepted"), Some("id-1"))
    );
    assert_eq!((attempt.started, attempt.ended), (at(0), Some(at(3))));
}

async fn a_settle_on_an_old_token_is_fenced_and_its_answer_kept(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    let leg = bundle.legs[0].id;
    outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    let second = one_bundle(&outbox, 60).await;
    assert_eq!((second.legs[0].id, second.legs[0].attempt, second.legs[0].repeats), (leg, 2, 1));
    assert_eq!(outbox.settle(&accepted(&bundle), at(61)).await.unwrap(), [leg]);
    let shown = outbox.show(bundle.legs[0].notice.id).await.unwrap();
    assert_eq!(shown.legs[0].state, LegState::Sending, "the second claim stands");
    let first = &shown.legs[0].attempts[0];
    assert_eq!((first.outcome.as_deref(), first.code.as_deref()), (Some("unknown"), Some("lease-expired")));
    assert_eq!(first.late_outcome.as_deref(), Some("accepted"));
    assert_eq!(outbox.settle(&accepted(&second), at(62)).await.unwrap(), []);
    assert_eq!(outbox.settle(&accepted(&second), at(63)).await.unwrap(), [leg], "settled once");
}

async fn a_parked_leg_costs_no_attempt(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    let why = Failure::new("130101", "too often");
    let outcome = Outcome::Throttled { until: at(90), why };
    outbox.settle(&answered(&bundle, &outcome, Next::Park { until: at(90) }), at(1)).await.unwrap();
    assert_eq!(claim(&outbox, 89, 9).await, []);
    let again = one_bundle(&outbox, 90).await;
    assert_eq!((again.legs[0].attempt, again.legs[0].tries, again.legs[0].repeats), (2, 0, 0));
    let failed = Outcome::NotSent { not_before: None, why: Failure::new("dns", "no such host") };
    outbox.settle(&answered(&again, &failed, Next::Retry { at: at(95) }), at(91)).await.unwrap();
    assert_eq!(one_bundle(&outbox, 95).await.legs[0].tries, 1);
}

async fn a_withdrawn_leg_supersedes_its_notice(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    let settled = settle_with(&bundle, &Settlement::Superseded(Reason::DutyMet));
    assert_eq!(outbox.settle(&settled, at(1)).await.unwrap(), []);
    let one = outbox.show(bundle.legs[0].notice.id).await.unwrap();
    assert_eq!((one.state, one.reason.as_deref()), (NoticeState::Superseded, Some("duty-met")));
    assert_eq!((one.legs[0].state, one.legs[0].tries), (LegState::Superseded, 0));
    assert_eq!(one.legs[0].attempts[0].outcome.as_deref(), Some("withdrawn"));
}

async fn a_refused_leg_is_replaced_in_the_same_commit(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    let refusal = duban::notice::Refusal::Recipient(Failure::new("21614", "not a mobile"));
    let settlement = Settlement::Answered {
        outcome: Outcome::Refused(refusal),
        next: Next::Failed,
        instead: vec![mail(&bundle.person), mail("desk")],
    };
    outbox.settle(&settle_with(&bundle, &settlement), at(1)).await.unwrap();
    let one = outbox.show(bundle.legs[0].notice.id).await.unwrap();
    assert_eq!(one.state, NoticeState::Open, "the other way is still open");
    assert_eq!((one.legs[0].state, one.legs[0].cause.as_deref()), (LegState::Failed, Some("21614")));
    let other = one_bundle(&outbox, 1).await;
    assert_eq!(other.medium, Medium::Email);
    outbox.settle(&accepted(&other), at(2)).await.unwrap();
    assert_eq!(only(&outbox, "A1").await.state, NoticeState::Done);
}

async fn a_failed_leg_goes_by_the_first_way_not_tried_in_vain(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let mut bundle = claimed(&outbox, Kind::DueToday).await;
    let ways = [mail(&bundle.person), mail("desk"), sms("desk")];
    for next in ["handler", "desk", "desk"] {
        let outcome = Outcome::NotSent { not_before: None, why: Failure::new("dns", "") };
        let settlement = Settlement::Answered { outcome, next: Next::Dead, instead: ways.to_vec() };
        outbox.settle(&settle_with(&bundle, &settlement), at(1)).await.unwrap();
        bundle = one_bundle(&outbox, 1).await;
        assert_eq!(bundle.person, next);
    }
    let media: Vec<_> = only(&outbox, "A1").await.legs.iter().map(|leg| leg.medium.unwrap()).collect();
    assert_eq!(media, [Medium::Sms, Medium::Email, Medium::Email, Medium::Sms]);
}

async fn a_claim_still_worked_on_is_not_taken_back(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    assert_eq!(outbox.recover(&REPEATS, &[bundle.token], at(9_999)).await.unwrap(), []);
    assert_eq!(outbox.settle(&accepted(&bundle), at(9_999)).await.unwrap(), []);
}

async fn an_acknowledgement_is_kept_once_and_audited(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::OverdueDaily)])], at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let all = listed(&outbox).await;
    let of = |role: Role| all.iter().find(|one| one.notice.key.role == role).unwrap().notice.id;
    assert!(outbox.ack(of(Role::Handler), "handler", "web", at(5)).await.unwrap());
    assert!(!outbox.ack(of(Role::Handler), "handler", "web", at(9)).await.unwrap(), "the first one stands");
    let acks = ledger.open().await.acks_of(&["T/A1".to_owned(), "T/A2".to_owned()]).await.unwrap();
    let [ack] = &acks[..] else { panic!("{acks:?}") };
    assert_eq!((ack.notice, ack.person.as_str(), ack.at), (of(Role::Handler), "handler", at(5)));
    assert_eq!((ack.subject.as_str(), ack.kind), ("T/A1/r1", Kind::OverdueDaily));
    assert_eq!(outbox.acks_of(&[]).await.unwrap(), []);
}

async fn only_staff_who_were_told_can_acknowledge(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let to_citizen = notice("A1", Kind::CitizenUnreachableSms);
    outbox.keep(&[set("A1", [notice("A1", Kind::Overdue1), to_citizen])], at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    for one in listed(&outbox).await {
        for person in ["nobody", CITIZEN, "somebody"] {
            let refused = outbox.ack(one.notice.id, person, "web", at(5)).await;
            assert!(matches!(refused, Err(OutboxError::Forbidden { .. })), "{person}: {refused:?}");
        }
    }
    let missing = outbox.ack(duban::outbox::NoticeId(99), "handler", "web", at(5)).await;
    assert!(matches!(missing, Err(OutboxError::Missing { .. })));
    assert_eq!(outbox.acks_of(&["T/A1".to_owned()]).await.unwrap(), []);
}

async fn who_is_left_out_is_recorded_and_the_notice_ends(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::OverdueDaily)])], at(0)).await.unwrap();
    let due = outbox.unexpanded(at(0), 10).await.unwrap();
    let left_out =
        |one: &duban::outbox::KeptNotice| Expansion { notice: one.id, legs: Vec::new(), left_out: vec![mail("p1")] };
    let expanded = outbox.expand(&due.iter().map(left_out).collect::<Vec<_>>(), at(3)).await.unwrap();
    assert_eq!((expanded.legs, expanded.nobody), (0, 0));
    assert!(expanded.left_out > 0);
    for one in listed(&outbox).await {
        assert_eq!((one.state, one.ended), (NoticeState::Done, Some(at(3))));
    }
    let legs: Vec<_> = listed(&outbox).await.into_iter().flat_map(|one| one.legs).collect();
    let [leg] = &legs[..] else { panic!("one person, one leg: {legs:?}") };
    assert_eq!((leg.state, leg.cause.as_deref()), (LegState::Superseded, Some("acknowledged")));
    let again = outbox.keep(&[set("A1", [notice("A1", Kind::OverdueDaily)])], at(9)).await.unwrap();
    assert_eq!((again.reopened, again.new), (0, 0), "it is not asked for again");
}

async fn handed_counts_ordinary_messages_that_may_have_arrived(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let urgent = Notice { urgent: true, batch: Batch::Alone, ..notice("A9", Kind::Overdue1) };
    let sets = [set("A1", [notice("A1", Kind::DueToday)]), set("A2", [notice("A2", Kind::DueSoon)])];
    outbox.keep(&sets, at(0)).await.unwrap();
    outbox.keep(&[set("A9", [urgent])], at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let bundles = claim(&outbox, 10, 10).await;
    let order = |except, since| HandedOrder { persons: &["handler"], channels: &["gateway"], since: at(since), except };
    let token = bundles[0].token;
    let count = async |except, since| {
        let handed = outbox.handed(&order(except, since)).await.unwrap();
        handed.get("handler").map_or(0, Vec::len)
    };
    assert_eq!(count(token, 0).await, 0, "one's own claim does not count");
    assert_eq!(count(Token(0), 0).await, 2, "another's does, and the urgent one does not");
    assert_eq!(count(Token(0), 10).await, 0, "later than");
    let ordinary = |kind: Kind| bundles.iter().find(move |one| one.legs[0].notice.key.kind == kind).unwrap();
    let not_sent = Outcome::NotSent { not_before: None, why: Failure::new("refused", "") };
    outbox.settle(&answered(ordinary(Kind::DueToday), &not_sent, Next::Retry { at: at(90) }), at(12)).await.unwrap();
    outbox.settle(&accepted(ordinary(Kind::DueSoon)), at(12)).await.unwrap();
    assert_eq!(count(Token(0), 0).await, 1, "what never left does not count");
}

async fn what_goes_alone_is_given_without_the_rest(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let urgent = Notice { urgent: true, batch: Batch::Alone, ..notice("A3", Kind::DueToday) };
    let sets = [
        set("A1", [notice("A1", Kind::DueToday)]),
        set("A2", [notice("A2", Kind::CitizenUnreachableSms)]),
        set("A3", [urgent]),
    ];
    outbox.keep(&sets, at(0)).await.unwrap();
    let of = |due: Vec<KeptNotice>| due.iter().map(|one| one.ticket.clone().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(of(outbox.unexpanded_alone(at(0), 10).await.unwrap()), ["A3", "A2"]);
    assert_eq!(of(outbox.unexpanded(at(0), 10).await.unwrap()).len(), 3);
}

async fn gathered_legs_travel_together_across_kinds(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let sets = [set("A1", [notice("A1", Kind::DueToday)]), set("A2", [notice("A2", Kind::DueSoon)])];
    outbox.keep(&sets, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let bundles = claim(&outbox, 10, 10).await;
    assert_eq!(bundles.len(), 2);
    for bundle in &bundles {
        let gathered = Settlement::Gathered { until: at(100), why: "person-ceiling" };
        outbox.settle(&settle_with(bundle, &gathered), at(10)).await.unwrap();
    }
    assert_eq!(claim(&outbox, 99, 10).await, []);
    let together = one_bundle(&outbox, 100).await;
    assert_eq!((together.legs.len(), together.together), (2, Together::Gathered));
    assert!(together.legs.iter().all(|leg| leg.tries == 0), "waiting costs no attempt");
}

async fn a_lease_that_ran_out_leaves_a_citizen_leg_unknown(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::CitizenUnreachableSms).await;
    assert_eq!(bundle.person, CITIZEN);
    assert_eq!(outbox.recover(&REPEATS, &[], at(59)).await.unwrap(), [], "the lease still runs");
    let recovered = outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    assert_eq!((recovered.len(), recovered[0].state), (1, LegState::Unknown));
    assert_eq!(claim(&outbox, 1000, 9).await, []);
    assert_eq!(only(&outbox, "A1").await.state, NoticeState::Done);
    assert_eq!(outbox.recover(&REPEATS, &[], at(2000)).await.unwrap(), []);
}

async fn a_lease_that_ran_out_repeats_a_staff_leg_once(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    assert_eq!(outbox.recover(&REPEATS, &[], at(60)).await.unwrap()[0].state, LegState::Pending);
    let repeat = one_bundle(&outbox, 60).await;
    assert_eq!((repeat.legs[0].id, repeat.legs[0].repeats), (bundle.legs[0].id, 1));
    assert_eq!(outbox.recover(&REPEATS, &[], at(120)).await.unwrap()[0].state, LegState::Unknown);
    let attempts = outbox.show(bundle.legs[0].notice.id).await.unwrap().legs.remove(0).attempts;
    assert_eq!(attempts.iter().map(|attempt| attempt.is_repeat).collect::<Vec<_>>(), [false, true]);
}

async fn a_claim_whose_call_never_began_is_put_back_at_no_cost(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::CitizenUnreachableSms)])], at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let [claim1] = <[_; 1]>::try_from(claim(&outbox, 0, 9).await).unwrap();
    let recovered = outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    assert_eq!((recovered[0].state, recovered[0].ticket.clone()), (LegState::Pending, Some(TicketNo::new("A1"))));
    let leg = outbox.show(claim1.legs[0].notice.id).await.unwrap().legs.remove(0);
    assert_eq!((leg.tries, leg.repeats, leg.not_before), (0, 0, at(0)));
    let [attempt] = <[_; 1]>::try_from(leg.attempts).unwrap();
    assert_eq!((attempt.outcome.as_deref(), attempt.code.as_deref()), (Some("released"), Some("lease-expired")));
    assert_eq!((attempt.called, attempt.ended), (None, Some(at(60))));
    let again = one_bundle(&outbox, 60).await;
    assert_eq!((again.legs[0].id, again.legs[0].attempt, again.legs[0].repeats), (claim1.legs[0].id, 2, 0));
    assert_eq!(again.envelope, claim1.envelope);
    assert_eq!(outbox.show(again.legs[0].notice.id).await.unwrap().legs[0].attempts[1].called, Some(at(60)));
}

async fn a_claim_that_was_taken_away_must_not_be_called(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)])], at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let [first] = <[_; 1]>::try_from(claim(&outbox, 0, 9).await).unwrap();
    outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    let [second] = <[_; 1]>::try_from(claim(&outbox, 60, 9).await).unwrap();
    let leg = first.legs[0].id;
    assert_eq!(begin(&outbox, &first, 61).await, [leg]);
    assert_eq!(begin(&outbox, &second, 61).await, []);
    outbox.settle(&accepted(&second), at(62)).await.unwrap();
    assert_eq!(begin(&outbox, &second, 63).await, [leg], "it was settled");
    assert_eq!(only(&outbox, "A1").await.legs[0].state, LegState::Accepted);
}

async fn every_claim_is_taken_back_at_once_by_whom_the_ledger_belongs_to_alone(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let sets = [set("A1", [notice("A1", Kind::CitizenUnreachableSms)]), set("A2", [notice("A2", Kind::DueToday)])];
    outbox.keep(&sets, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    for bundle in claim(&outbox, 0, 9).await {
        begin(&outbox, &bundle, 0).await;
    }
    assert_eq!(outbox.recover(&REPEATS, &[], at(1)).await.unwrap(), []);
    outbox.recover_all(&REPEATS, at(1)).await.unwrap();
    let state = async |no| only(&outbox, no).await.legs[0].state;
    assert_eq!((state("A1").await, state("A2").await), (LegState::Unknown, LegState::Pending));
    assert_eq!(one_bundle(&outbox, 1).await.legs[0].repeats, 1);
}

async fn a_repeat_travels_under_the_same_envelope(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let mails = |no| Notice { roles: vec![Role::Desk], ..notice(no, Kind::Overdue1) };
    outbox.keep(&[set("A1", [mails("A1")]), set("A2", [mails("A2")])], at(0)).await.unwrap();
    let expand = async |second| {
        let due = outbox.unexpanded(at(second), 10).await.unwrap();
        let legs = |_| vec![mail("p1")];
        let expansions: Vec<_> = due
            .iter()
            .map(|notice| Expansion { notice: notice.id, legs: legs(notice), left_out: Vec::new() })
            .collect();
        outbox.expand(&expansions, at(second)).await.unwrap();
    };
    expand(0).await;
    let first = one_bundle(&outbox, 0).await;
    outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    // A third one of the batch comes too late for that message.
    outbox.keep(&[set("A3", [mails("A3")])], at(60)).await.unwrap();
    expand(60).await;
    let bundles = claim(&outbox, 60, 9).await;
    let ids = |bundle: &Bundle| bundle.legs.iter().map(|leg| leg.id).collect::<Vec<_>>();
    assert_eq!((ids(&bundles[0]), bundles[0].envelope), (ids(&first), first.envelope));
    assert_eq!(bundles[1].legs.len(), 1);
    assert_ne!(bundles[1].envelope, first.envelope);
}

async fn a_repeat_no_longer_wanted_stays_unknown(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    let withdrawn = settle_with(&one_bundle(&outbox, 60).await, &Settlement::Superseded(Reason::DutyMet));
    outbox.settle(&withdrawn, at(61)).await.unwrap();
    let one = outbox.show(bundle.legs[0].notice.id).await.unwrap();
    assert_eq!((one.state, one.legs[0].state), (NoticeState::Done, LegState::Unknown));

    let wanted = [set("B1", [notice("B1", Kind::DueToday)])];
    outbox.keep(&wanted, at(100)).await.unwrap();
    outbox.expand(&everyone(&outbox, 100).await, at(100)).await.unwrap();
    one_bundle(&outbox, 100).await;
    outbox.recover(&REPEATS, &[], at(160)).await.unwrap();
    outbox.keep(&[set("B1", [])], at(161)).await.unwrap();
    let one = only(&outbox, "B1").await;
    assert_eq!((one.state, one.legs[0].state), (NoticeState::Done, LegState::Unknown));
    assert_eq!(outbox.keep(&wanted, at(162)).await.unwrap().reopened, 0, "it was handed over once");
}

async fn what_was_committed_survives_a_kill_at_every_step(ledger: &Ledger) {
    // Each opening leaves the one before as a kill would: open, and not closed.
    let first = ledger.open().await;
    let wanted = [set("A1", [notice("A1", Kind::DueToday)])];
    first.keep(&wanted, at(0)).await.unwrap();
    let second = ledger.open().await;
    assert_eq!(second.keep(&wanted, at(1)).await.unwrap().unchanged, 1);
    second.expand(&everyone(&second, 1).await, at(1)).await.unwrap();
    let third = ledger.open().await;
    assert_eq!(third.unexpanded(at(1), 9).await.unwrap(), []);
    let lost = one_bundle(&third, 1).await;
    let fourth = ledger.open().await;
    assert_eq!(claim(&fourth, 2, 9).await, [], "leased by the one that was killed");
    fourth.recover(&REPEATS, &[], at(61)).await.unwrap();
    let repeat = one_bundle(&fourth, 61).await;
    assert_eq!(repeat.legs[0].id, lost.legs[0].id);
    fourth.settle(&accepted(&repeat), at(62)).await.unwrap();
    let fifth = ledger.open().await;
    assert_eq!(only(&fifth, "A1").await.legs[0].state, LegState::Accepted);
    fifth.verify().await.unwrap();
}

async fn a_notice_whose_moment_has_passed_expires(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let until = |no, end| Notice { expires: Some(at(end)), ..notice(no, Kind::DueToday) };
    outbox.keep(&[set("A1", [until("A1", 10)]), set("A2", [until("A2", 20)])], at(0)).await.unwrap();
    assert_eq!(outbox.expire(at(9)).await.unwrap(), 0);
    assert_eq!(outbox.expire(at(10)).await.unwrap(), 1);
    outbox.expand(&everyone(&outbox, 10).await, at(10)).await.unwrap();
    assert_eq!(outbox.expire(at(20)).await.unwrap(), 1);
    assert_eq!(claim(&outbox, 20, 9).await, []);
    let one = only(&outbox, "A2").await;
    assert_eq!((one.state, one.legs[0].state), (NoticeState::Expired, LegState::Expired));
    let kept = outbox.keep(&[set("A1", [until("A1", 10)])], at(21)).await.unwrap();
    assert_eq!(kept.unchanged, 1, "its moment is still past");
    assert_eq!(outbox.keep(&[set("A1", [until("A1", 99)])], at(21)).await.unwrap().reopened, 1);
}

async fn a_citizen_leg_that_may_have_arrived_cannot_be_retried(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let leg = claimed(&outbox, Kind::CitizenUnreachableSms).await.legs[0].id;
    outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    let error = outbox.retry(leg, "desk", at(61)).await.unwrap_err();
    assert!(matches!(error, OutboxError::Forbidden { state: "unknown", .. }), "{error}");
}

async fn a_dead_leg_is_retried_by_hand_and_audited(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    let leg = bundle.legs[0].id;
    assert!(outbox.retry(leg, "desk", at(1)).await.is_err(), "on its way");
    let outcome = Outcome::NotSent { not_before: None, why: Failure::new("dns", "") };
    outbox.settle(&answered(&bundle, &outcome, Next::Dead), at(1)).await.unwrap();
    assert_eq!(only(&outbox, "A1").await.legs[0].cause.as_deref(), Some("dns"));
    outbox.retry(leg, "desk", at(2)).await.unwrap();
    let again = one_bundle(&outbox, 2).await;
    assert_eq!((again.legs[0].id, again.legs[0].attempt, again.legs[0].tries), (leg, 2, 0));
    assert!(matches!(
        outbox.cancel_leg(leg, "desk", at(3)).await,
        Err(OutboxError::Forbidden { state: "sending", .. })
    ));
}

async fn nobody_is_asked_for_again_after_a_retry(ledger: &Ledger) {
    let outbox = ledger.open().await;
    outbox.keep(&[set("A1", [notice("A1", Kind::DueToday)])], at(0)).await.unwrap();
    let nobody = async |second| {
        let notice = outbox.unexpanded(at(second), 1).await.unwrap()[0].id;
        outbox.expand(&[Expansion { notice, legs: vec![], left_out: Vec::new() }], at(second)).await.unwrap();
        only(&outbox, "A1").await.legs[0].clone()
    };
    let leg = nobody(0).await;
    outbox.retry(leg.id, "desk", at(1)).await.unwrap();
    assert_eq!(nobody(1).await.state, LegState::Dead, "still nobody");
    outbox.retry(leg.id, "desk", at(2)).await.unwrap();
    outbox.expand(&everyone(&outbox, 2).await, at(2)).await.unwrap();
    assert_eq!(one_bundle(&outbox, 2).await.person, "handler");
}

async fn held_notices_wait_for_their_release(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let wanted = [
        set("A1", [notice("A1", Kind::DueToday)]),
        set("A2", [Notice { due: at(100), ..notice("A2", Kind::DueToday) }]),
    ];
    outbox.keep(&wanted, at(0)).await.unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    assert_eq!(outbox.hold(at(50)).await.unwrap(), 1);
    assert_eq!(claim(&outbox, 60, 9).await, []);
    assert_eq!(outbox.keep(&wanted, at(60)).await.unwrap().unchanged, 2);
    let one = only(&outbox, "A1").await;
    assert_eq!((one.state, one.reason.as_deref()), (NoticeState::Held, Some("restored")));
    outbox.free(one.notice.id, "desk", at(61)).await.unwrap();
    assert_eq!(one_bundle(&outbox, 61).await.legs.len(), 1);
    assert!(outbox.free(one.notice.id, "desk", at(62)).await.is_err());
}

async fn facts_are_kept_once_and_in_the_order_seen(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let fact = |what: &str, value: &str, assignment, seen| FactSeen {
        ticket: TicketNo::new("A1"),
        round: 1,
        assignment,
        what: what.into(),
        value: value.into(),
        first_seen: at(seen),
    };
    let facts = [fact("return", "同意", Some(at(0)), 5), fact("contact", "10:00", None, 3)];
    assert_eq!(outbox.add_facts(&facts).await.unwrap(), 2);
    assert_eq!(outbox.add_facts(&facts).await.unwrap(), 0);
    assert_eq!(outbox.add_facts(&[fact("contact", "10:00", None, 9)]).await.unwrap(), 0, "first seen stands");
    let [a, b] = facts;
    assert_eq!(outbox.facts_of(&[TicketNo::new("A1"), TicketNo::new("A2")]).await.unwrap(), [b, a]);
}

async fn citizen_outcomes_tell_the_state_of_each_sms(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let tickets = [TicketNo::new("A1")];
    outbox.keep(&[set("A1", [notice("A1", Kind::CitizenUnreachableSms)])], at(0)).await.unwrap();
    let state = async || {
        let outcomes = outbox.citizen_outcomes(&tickets).await.unwrap();
        let [one] = <[_; 1]>::try_from(outcomes).unwrap();
        (one.kind, one.round, one.state, one.cause, one.at)
    };
    let kind = Kind::CitizenUnreachableSms;
    assert_eq!(state().await, (kind, 1, LegState::Pending, None, at(0)));
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let bundle = one_bundle(&outbox, 5).await;
    let outcome = Outcome::Unknown(Failure::new("timeout-after-request", ""));
    outbox.settle(&answered(&bundle, &outcome, Next::Unknown), at(6)).await.unwrap();
    assert_eq!(state().await, (kind, 1, LegState::Unknown, Some("timeout-after-request".into()), at(6)));
    assert_eq!(outbox.citizen_outcomes(&[TicketNo::new("A2")]).await.unwrap(), []);
}

async fn told_names_what_reached_a_provider(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let bundle = claimed(&outbox, Kind::DueToday).await;
    assert_eq!(outbox.told(&[TicketNo::new("A1")]).await.unwrap(), []);
    outbox.settle(&accepted(&bundle), at(7)).await.unwrap();
    let told = outbox.told(&[TicketNo::new("A1")]).await.unwrap();
    assert_eq!((told.len(), told[0].kind, told[0].role, told[0].at), (1, Kind::DueToday, Role::Handler, at(7)));
}

async fn sent_since_counts_messages_and_no_claim_that_was_put_back(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let sent = async |second| {
        let sent = outbox.sent_since("gateway", at(second)).await.unwrap();
        (sent.messages, sent.first)
    };
    outbox
        .keep(&[set("A1", [notice("A1", Kind::DueToday)]), set("A2", [notice("A2", Kind::DueToday)])], at(0))
        .await
        .unwrap();
    outbox.expand(&everyone(&outbox, 0).await, at(0)).await.unwrap();
    let bundle = one_bundle(&outbox, 5).await;
    assert_eq!((bundle.legs.len(), sent(4).await, sent(5).await), (2, (1, Some(at(5))), (0, None)));
    let released = Settlement::Released { until: at(7), why: "quiet-hours" };
    outbox.settle(&settle_with(&bundle, &released), at(6)).await.unwrap();
    assert_eq!(sent(0).await, (0, None));
    outbox.settle(&accepted(&one_bundle(&outbox, 7).await), at(8)).await.unwrap();
    assert_eq!(sent(0).await, (1, Some(at(7))));
}

async fn watch_since_is_set_by_the_first_call(ledger: &Ledger) {
    let outbox = ledger.open().await;
    assert_eq!(outbox.watch_since(at(1)).await.unwrap(), at(1));
    assert_eq!(ledger.open().await.watch_since(at(2)).await.unwrap(), at(1));
    outbox.set("cursor", "1").await.unwrap();
    outbox.set("cursor", "2").await.unwrap();
    assert_eq!(outbox.get("cursor").await.unwrap().as_deref(), Some("2"));
    assert_eq!(outbox.get("other").await.unwrap(), None);
}

async fn repeats_come_back_as_saved(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let entry = |no: &str, received: Option<i64>, first: Option<&str>| RepeatEntry {
        ticket: TicketNo::new(no),
        number: Some(NumberHash([0xff, 1, 2, 3, 4, 5, 6, 7])),
        subcategory: Some("水压".into()),
        received: received.map(at),
        links: vec![TicketNo::new("A0")],
        category: Some("供水".into()),
        town: None,
        first: first.map(TicketNo::new),
    };
    outbox.save_repeats(&[entry("A1", Some(5), None), entry("A2", Some(6), None)]).await.unwrap();
    outbox.save_repeats(&[entry("A2", Some(6), Some("A1")), entry("A3", None, None)]).await.unwrap();
    let (first, second, timeless) =
        (entry("A1", Some(5), None), entry("A2", Some(6), Some("A1")), entry("A3", None, None));
    assert_eq!(outbox.repeats(at(5)).await.unwrap(), [timeless.clone(), first, second.clone()]);
    assert_eq!(outbox.repeats(at(6)).await.unwrap(), [timeless, second]);
}

async fn a_role_changes_hands_only_after_its_lease(ledger: &Ledger) {
    let outbox = ledger.open().await;
    assert_eq!(outbox.take_role("planner", "a", at(0), at(10)).await.unwrap(), Some(1));
    assert_eq!(outbox.take_role("planner", "b", at(9), at(19)).await.unwrap(), None);
    assert_eq!(outbox.take_role("planner", "a", at(9), at(19)).await.unwrap(), Some(1));
    assert_eq!(outbox.take_role("planner", "b", at(19), at(29)).await.unwrap(), Some(2));
}

async fn next_wake_names_the_earliest_thing_to_come(ledger: &Ledger) {
    let outbox = ledger.open().await;
    assert_eq!(outbox.next_wake(at(0)).await.unwrap(), None);
    let sets = [
        set("A1", [notice("A1", Kind::DueToday)]),
        set("A2", [Notice { due: at(500), ..notice("A2", Kind::DueToday) }]),
        set("A3", [Notice { due: at(400), urgent: true, ..notice("A3", Kind::DueToday) }]),
    ];
    outbox.keep(&sets, at(0)).await.unwrap();
    assert_eq!(outbox.next_wake(at(0)).await.unwrap(), Some(at(400)));
    let due = outbox.unexpanded(at(0), 1).await.unwrap();
    let quiet = NewLeg { not_before: Some(at(300)), ..sms("p1") };
    outbox.expand(&[Expansion { notice: due[0].id, legs: vec![quiet], left_out: Vec::new() }], at(0)).await.unwrap();
    assert_eq!(outbox.next_wake(at(0)).await.unwrap(), Some(at(300)));
    claim(&outbox, 300, 9).await;
    assert_eq!(outbox.next_wake(at(300)).await.unwrap(), Some(at(360)), "the lease's end");
}

async fn stuck_lists_what_should_have_moved(ledger: &Ledger) {
    let outbox = ledger.open().await;
    claimed(&outbox, Kind::DueToday).await;
    let stuck = async |second| outbox.list(&Filter::Stuck { now: at(second) }, 9).await.unwrap().len();
    assert_eq!(stuck(59).await, 0);
    assert_eq!(stuck(60).await, 1);
    outbox.recover(&REPEATS, &[], at(60)).await.unwrap();
    assert_eq!((stuck(61).await, stuck(660).await), (0, 1));
    let counts = outbox.counts().await.unwrap();
    assert_eq!(counts.legs, [(LegState::Pending, 1)]);
    assert_eq!((counts.notices, counts.oldest_waiting), (vec![(NoticeState::Open, 1)], Some(at(60))));
}

fn new_form(series: Series, year: i32, subject: &str) -> NewForm {
    NewForm { series, year, subject: subject.into(), remembered_by: None }
}

async fn a_subject_has_one_form_however_often_it_is_asked_for(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let asked = [new_form(Series::Order, 2026, "T/A1/r1|overdue-3|9")];
    let first = outbox.issue_forms(&asked, at(0)).await.unwrap();
    assert_eq!((first[0].number, first[0].issued, first[0].text()), (1, at(0), "〔2026〕1号".into()));
    // Asked again after the turn of the year, by another process.
    let later = [new_form(Series::Order, 2027, "T/A1/r1|overdue-3|9")];
    assert_eq!(ledger.open().await.issue_forms(&later, at(86_400)).await.unwrap(), first);
    assert_eq!(outbox.forms(FormFilter::Series(Series::Order)).await.unwrap(), first);
}

async fn forms_are_numbered_without_gaps_by_series_and_year(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let mut asked =
        vec![new_form(Series::Order, 2027, "T/A9/r1|overdue-3|9"), new_form(Series::Batch, 2026, "G/A1|x|5")];
    asked.extend((0..3).map(|n| new_form(Series::Order, 2026, &format!("T/A{n}/r1|overdue-3|9"))));
    asked.push(new_form(Series::Order, 2026, "T/A1/r1|overdue-3|9"));
    let issued = outbox.issue_forms(&asked, at(0)).await.unwrap();
    let names: Vec<String> = issued.iter().map(IssuedForm::name).collect();
    let expected = ["2027/order-1", "2026/batch-1", "2026/order-1", "2026/order-2", "2026/order-3", "2026/order-2"];
    assert_eq!(names, expected, "in the order asked");
}

async fn eight_writers_give_one_number_to_a_subject_and_none_twice(ledger: &Ledger) {
    ledger.open().await;
    let path = Arc::new(ledger.path());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let path = path.clone();
        writers.spawn(async move {
            let outbox = Outbox::open(path.as_path()).await.unwrap();
            for n in 0..15 {
                // Each subject is asked for by two of them.
                let subject = format!("T/W{}N{n}/r1|overdue-3|9", writer / 2);
                outbox.issue_forms(&[new_form(Series::Order, 2026, &subject)], at(0)).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let forms = ledger.open().await.forms(FormFilter::Series(Series::Order)).await.unwrap();
    let subjects: HashSet<&str> = forms.iter().map(|form| form.subject.as_str()).collect();
    assert_eq!(subjects.len(), 60);
    assert!(forms.iter().map(|form| form.number).eq(1..=60), "{forms:?}");
}

async fn an_order_is_remembered_by_its_ticket_in_the_same_commit(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let ticket = TicketNo::new("A1");
    let remembered_by = Some((ticket.clone(), 2));
    let form = NewForm { remembered_by, ..new_form(Series::Order, 2026, "T/A1/r2|overdue-3|9") };
    outbox.issue_forms(std::slice::from_ref(&form), at(7)).await.unwrap();
    outbox.issue_forms(&[form], at(8)).await.unwrap();
    let [fact] = <[FactSeen; 1]>::try_from(outbox.facts_of(&[ticket]).await.unwrap()).unwrap();
    assert_eq!((fact.round, fact.what.as_str(), fact.value), (2, "order:2026-1", at(7).timestamp().to_string()));
}

async fn forms_are_listed_by_ticket_group_series_and_instant(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let subjects = ["T/A1/r1|overdue-3|9", "T/A1/r2|supervision-order|", "T/A12/r1|overdue-3|9"];
    for (subject, second) in subjects.iter().zip(0..) {
        outbox.issue_forms(&[new_form(Series::Order, 2026, subject)], at(second)).await.unwrap();
    }
    outbox.issue_forms(&[new_form(Series::Batch, 2026, "G/A1|batch-form-issued|size5")], at(9)).await.unwrap();
    let names = async |filter: FormFilter<'_>| {
        outbox.forms(filter).await.unwrap().iter().map(IssuedForm::name).collect::<Vec<_>>()
    };
    assert_eq!(names(FormFilter::Scope("T/A1")).await, ["2026/order-1", "2026/order-2"]);
    assert_eq!(names(FormFilter::Scope("G/A1")).await, ["2026/batch-1"]);
    assert_eq!(names(FormFilter::Scope("T/A_")).await, [""; 0], "no pattern");
    assert_eq!(names(FormFilter::Series(Series::Batch)).await, ["2026/batch-1"]);
    assert_eq!(names(FormFilter::Since(at(2))).await, ["2026/batch-1", "2026/order-3"]);
    assert_eq!(names(FormFilter::Subjects(&[subjects[2].into(), "T/A0".into()])).await, ["2026/order-3"]);
}

async fn eight_writers_lose_nothing(ledger: &Ledger) {
    ledger.open().await;
    let path = Arc::new(ledger.path());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let path = path.clone();
        writers.spawn(async move {
            let outbox = Outbox::open(path.as_path()).await.unwrap();
            for n in 0..25 {
                let no = format!("W{writer}N{n}");
                outbox.keep(&[set(&no, [notice(&no, Kind::DueToday)])], at(0)).await.unwrap();
                claim(&outbox, 0, 3).await;
            }
        });
    }
    writers.join_all().await;
    assert_eq!(ledger.open().await.counts().await.unwrap().notices, [(NoticeState::Open, 200)]);
}

async fn a_dropped_step_does_not_harm_the_next(ledger: &Ledger) {
    let outbox = ledger.open().await;
    let numbers: Vec<String> = (0..500).map(|n| format!("A{n}")).collect();
    let sets: Vec<_> = numbers.iter().map(|no| set(no, [notice(no, Kind::DueToday)])).collect();
    // Cut off after ever more polls: inside BEGIN, between statements, at COMMIT.
    for polls in 1..60 {
        let mut left = polls;
        let mut step = Box::pin(outbox.keep(&sets, at(0)));
        std::future::poll_fn(|context| {
            left -= 1;
            match step.as_mut().poll(context) {
                std::task::Poll::Pending if left > 0 => std::task::Poll::Pending,
                _ => std::task::Poll::Ready(()),
            }
        })
        .await;
        drop(step);
        // Neither is another process kept out meanwhile.
        if polls % 10 == 0 {
            ledger.open().await.set("other", "1").await.unwrap();
        }
        outbox.set("alive", &polls.to_string()).await.unwrap();
    }
    let kept = outbox.keep(&sets, at(0)).await.unwrap();
    assert_eq!(kept.new + kept.unchanged, 500);
    assert_eq!(outbox.get("alive").await.unwrap().as_deref(), Some("59"));
}

// What the tests are made of.

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

fn notice(no: &str, kind: Kind) -> Notice {
    let due = at(0);
    Notice {
        subject: Subject::Ticket { no: TicketNo::new(no), round: 1, assignment: None },
        kind,
        occurrence: if kind.is_to_citizen() { Occurrence::Once } else { Occurrence::Due(due) },
        roles: kind.roles().to_vec(),
        unit: Some("某某所".into()),
        category: None,
        due,
        expires: None,
        batch: Batch::Due(due),
        wish: Wish::Send,
        late: false,
        urgent: false,
        provisional: false,
        facts: Facts::from([("no".into(), Fact::Text(no.into()))]),
    }
}

fn set(no: &str, notices: impl IntoIterator<Item = Notice>) -> Wanted {
    let subject = Subject::Ticket { no: TicketNo::new(no), round: 1, assignment: None };
    Wanted { scope: scope(&subject), notices: notices.into_iter().collect() }
}

fn sms(person: &str) -> NewLeg {
    NewLeg { person: person.into(), medium: Medium::Sms, channel: "gateway".into(), not_before: None }
}

fn mail(person: &str) -> NewLeg {
    NewLeg { person: person.into(), medium: Medium::Email, channel: "mail".into(), not_before: None }
}

/// One SMS for each role, to the person of its name.
async fn everyone(outbox: &Outbox, second: i64) -> Vec<Expansion> {
    let due = outbox.unexpanded(at(second), 10_000).await.unwrap();
    due.iter()
        .map(|one| Expansion { notice: one.id, legs: vec![sms(one.key.role.id())], left_out: Vec::new() })
        .collect()
}

/// A notice of ticket A1 to its first role, claimed and its call begun at 0.
async fn claimed(outbox: &Outbox, kind: Kind) -> Bundle {
    outbox.keep(&[set("A1", [notice("A1", kind)])], at(0)).await.unwrap();
    outbox.expand(&everyone(outbox, 0).await, at(0)).await.unwrap();
    one_bundle(outbox, 0).await
}

/// What both channels give.
async fn claim(outbox: &Outbox, second: i64, limit: u32) -> Vec<Bundle> {
    let mut bundles = Vec::new();
    for channel in ["mail", "gateway"] {
        let order = ClaimOrder { channel, limit, lease: LEASE };
        bundles.extend(outbox.claim(&order, at(second)).await.unwrap());
    }
    bundles
}

/// The one bundle there is, claimed, its call begun.
async fn one_bundle(outbox: &Outbox, second: i64) -> Bundle {
    let [bundle] = <[_; 1]>::try_from(claim(outbox, second, 10).await).unwrap();
    assert_eq!(begin(outbox, &bundle, second).await, []);
    bundle
}

/// Records that the call of a bundle begins; gives the legs that must not be called.
async fn begin(outbox: &Outbox, bundle: &Bundle, second: i64) -> Vec<LegId> {
    let begun: Vec<Begun> = bundle.legs.iter().map(|leg| Begun { leg: leg.id, token: bundle.token }).collect();
    outbox.settle_and_begin(&[], &begun, at(second)).await.unwrap().begun
}

fn settle_with(bundle: &Bundle, settlement: &Settlement) -> Vec<Settled> {
    let one = |leg| Settled { leg, token: bundle.token, settlement: settlement.clone() };
    bundle.legs.iter().map(|leg| one(leg.id)).collect()
}

fn answered(bundle: &Bundle, outcome: &Outcome, next: Next) -> Vec<Settled> {
    settle_with(bundle, &Settlement::Answered { outcome: outcome.clone(), next, instead: vec![] })
}

fn accepted(bundle: &Bundle) -> Vec<Settled> {
    answered(bundle, &Outcome::Accepted(Receipt(Some("id-1".into()))), Next::Accepted)
}

async fn listed(outbox: &Outbox) -> Vec<duban::outbox::Listed> {
    outbox.list(&Filter::All, 1000).await.unwrap()
}

async fn only(outbox: &Outbox, no: &str) -> duban::outbox::Listed {
    let listed = outbox.list(&Filter::Ticket(TicketNo::new(no)), 10).await.unwrap();
    let [one] = <[_; 1]>::try_from(listed).unwrap();
    one
}
