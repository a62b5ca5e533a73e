use super::*;
use crate::{
    channel::cmpp::codec::{Registered, Submit, contents},
    ticket::Private,
};

const WELCOME: &str = "000000218000000100000001000000008d0353aa6ae5b15a485237be92d02d1a30";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A session that is logged in, at this instant.
fn open() -> (Session, Instant) {
    let now = Instant::now();
    let login = Login { sp_id: "901234".to_owned(), secret: SecretString::from("1234"), version: Version::V3 };
    let timers =
        Timers { login: seconds(4), answer: seconds(10), idle: seconds(180), sign_of_life: seconds(60), window: 2 };
    let mut session = Session::new(&login, timers, "0901090203", now).unwrap();
    let connect = written(&mut session, now);
    assert_eq!(connect[..8], [0, 0, 0, 39, 0, 0, 0, 1]);
    let events = hear(&mut session, WELCOME, now).unwrap();
    assert!(matches!(events[..], [Event::LoggedIn { is_genuine: true }]));
    (session, now)
}

fn hear(session: &mut Session, bytes: &str, now: Instant) -> Result<Vec<Event>, Trouble> {
    let mut events = Vec::new();
    session.hear(&hex::decode(bytes).unwrap(), now, &mut events).map(|()| events)
}

fn tick(session: &mut Session, now: Instant) -> Result<(Instant, Vec<Event>), Trouble> {
    let mut events = Vec::new();
    session.tick(now, &mut events).map(|due| (due, events))
}

/// Writes all there is.
fn written(session: &mut Session, now: Instant) -> Vec<u8> {
    let bytes = session.to_write().to_vec();
    session.wrote(bytes.len(), now);
    bytes
}

fn piece(ticket: u64) -> Piece {
    let submit = Submit {
        service_id: "Z".to_owned(),
        fee_user_type: 2,
        fee_terminal: String::new(),
        fee_type: "01".to_owned(),
        fee_code: "0".to_owned(),
        msg_src: "901234".to_owned(),
        src_id: "1".to_owned(),
        level: 0,
        registered: Registered::Wanted,
        dest: Private::new("13800138000".to_owned()),
        content: contents("水", 0).unwrap().remove(0),
    };
    Piece { ticket: Ticket(ticket), submit: Box::new(submit) }
}

#[test]
fn a_silent_gateway_is_asked_three_times_and_then_given_up() {
    let (mut session, start) = open();
    assert_eq!(tick(&mut session, start).unwrap().0, start + seconds(180));
    for (question, at) in [(2, 180), (3, 240), (4, 300)] {
        let (due, _) = tick(&mut session, start + seconds(at)).unwrap();
        let asked = format!("0000000c00000008{question:08x}");
        assert_eq!(hex::encode(written(&mut session, start)), asked);
        assert_eq!(due, start + seconds(at + 60));
    }
    assert_eq!(tick(&mut session, start + seconds(360)).unwrap_err(), Trouble::Silent);
}

#[test]
fn any_bytes_are_a_sign_of_life() {
    // The answer, a question of its own instead of one, and something unknown.
    for life in ["0000000d800000080000000200", "0000000c0000000800000007", "0000000c0000009900000007"] {
        let (mut session, start) = open();
        let later = start + seconds(180);
        tick(&mut session, later).unwrap();
        hear(&mut session, life, later).unwrap();
        assert_eq!(tick(&mut session, later).unwrap().0, later + seconds(180), "{life}");
    }
}

#[test]
fn before_a_message_a_silent_connection_must_give_a_sign_of_life() {
    let (mut session, start) = open();
    assert!(session.is_ready(start + seconds(5)));
    let later = start + seconds(6);
    assert!(!session.is_ready(later) && !session.is_ready(later));
    assert_eq!(hex::encode(written(&mut session, later)), "0000000c0000000800000002", "asked once");
    let (mut dead, _) = open();
    assert!(!dead.is_ready(later));
    assert_eq!(tick(&mut dead, later).unwrap().0, later + seconds(4));
    assert_eq!(tick(&mut dead, later + seconds(4)).unwrap_err(), Trouble::Silent, "nobody waits for three");
    hear(&mut session, "0000000d800000080000000200", later).unwrap();
    assert!(session.is_ready(later));
}

#[test]
fn a_question_that_was_asked_already_is_in_a_hurry_when_a_message_comes() {
    let (mut session, start) = open();
    let asked = start + seconds(180);
    tick(&mut session, asked).unwrap();
    assert!(!session.is_ready(asked + seconds(1)));
    assert_eq!(tick(&mut session, asked + seconds(1)).unwrap().0, asked + seconds(4));
}

#[test]
fn a_message_counts_as_written_with_its_last_byte_whatever_follows_it() {
    let (mut session, now) = open();
    session.take(piece(7)).unwrap();
    let length = session.to_write().len();
    // The gateway's question is answered behind the message.
    hear(&mut session, "0000000c0000000800000007", now).unwrap();
    session.wrote(length - 1, now);
    let unwritten = |session: Session| {
        let rest = session.end(now);
        (rest.written, rest.unwritten.map(|piece| piece.ticket))
    };
    session.wrote(1, now);
    assert!(!session.to_write().is_empty());
    assert_eq!(unwritten(session), (vec![Ticket(7)], None));
    let (mut session, now) = open();
    session.take(piece(8)).unwrap();
    session.wrote(length - 1, now);
    assert_eq!(unwritten(session), (Vec::new(), Some(Ticket(8))));
}

#[test]
fn the_window_is_full_until_an_answer_comes_or_its_time_is_over() {
    let (mut session, now) = open();
    for ticket in [1, 2] {
        assert!(session.is_ready(now));
        session.take(piece(ticket)).unwrap();
        assert!(!session.is_ready(now), "the one before is not written yet");
        written(&mut session, now);
    }
    assert!(!session.is_ready(now));
    // Sequence 1 was the log-in.
    let answer = "00000018800000040000000290a420c03039000700000000";
    let events = hear(&mut session, answer, now).unwrap();
    assert!(matches!(events[..], [Event::Answered { ticket: Ticket(1), answer: Ok(_) }]), "{events:?}");
    assert!(hear(&mut session, answer, now).unwrap().is_empty(), "a repeat has no effect");
    assert!(session.is_ready(now));
    let (due, events) = tick(&mut session, now + seconds(10)).unwrap();
    assert!(matches!(events[..], [Event::Unanswered { ticket: Ticket(2) }]), "{events:?}");
    assert!(due > now + seconds(10));
}

#[test]
fn no_goodbye_is_said_while_a_message_waits_for_its_answer() {
    let (mut session, now) = open();
    session.take(piece(1)).unwrap();
    assert!(!session.says_goodbye(now));
    written(&mut session, now);
    assert!(!session.says_goodbye(now));
    hear(&mut session, "00000018800000040000000290a420c03039000700000000", now).unwrap();
    assert!(session.says_goodbye(now) && !session.is_ready(now) && !session.says_goodbye(now));
    assert_eq!(hex::encode(written(&mut session, now)), "0000000c0000000200000003");
    assert_eq!(hear(&mut session, "0000000c8000000200000003", now).unwrap_err(), Trouble::Goodbye);
}

#[test]
fn a_log_in_has_its_limit_and_the_number_of_a_message_is_never_nought() {
    let (mut session, now) = open();
    session.sequence = u32::MAX - 1;
    assert_eq!((session.next_sequence(), session.next_sequence()), (u32::MAX, 1));
    session.phase = Phase::LoggingIn { since: now };
    assert_eq!(tick(&mut session, now + seconds(3)).unwrap().0, now + seconds(4));
    assert_eq!(tick(&mut session, now + seconds(4)).unwrap_err(), Trouble::NoLogin);
}

#[test]
fn a_connection_that_did_nothing_was_good_for_nothing() {
    let (session, now) = open();
    assert!(!session.end(now + seconds(1)).was_useful);
    let (session, now) = open();
    assert!(session.end(now + seconds(11)).was_useful);
    let (mut session, now) = open();
    session.take(piece(1)).unwrap();
    written(&mut session, now);
    hear(&mut session, "00000018800000040000000290a420c03039000700000008", now).unwrap();
    assert!(session.end(now).was_useful);
}
