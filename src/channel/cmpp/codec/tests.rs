//! The examples of the specification, byte for byte; properties; and bytes that
//! mean nothing.

use proptest::prelude::*;

use super::{frame::LONGEST, *};
use crate::{message::sms, ticket::Private};

const TEXT: &str = "【某市政务服务】您的工单A1024已受理。";

const SUBMIT_V2: &str = "000000c900000004000000020000000000000000010101005a57465700000000000002000000000000000000000000000000000000000000000008393031323334303130000000000000000000000000000000000000000000000000000000000000000000000000000000313036353733303031323334000000000000000000013133383030313338303030000000000000000000002a301067d05e02653f52a1670d52a1301160a876845de55355004100310030003200345df253d7740630020000000000000000";
const SUBMIT_V3: &str = "000000ed00000004000000020000000000000000010101005a57465700000000000002000000000000000000000000000000000000000000000000000000000000000000000008393031323334303130000000000000000000000000000000000000000000000000000000000000000000000000000000313036353733303031323334000000000000000000013133383030313338303030000000000000000000000000000000000000000000002a301067d05e02653f52a1670d52a1301160a876845de55355004100310030003200345df253d7740630020000000000000000000000000000000000000000";
const REPORT_V2: &str = "000000910000000500000005000000000000000031303635373330303132333400000000000000000000000000000000000000000000313338303031333830303000000000000000000000013c90a420c03039000744454c495652443236303930313039303232363039303130393033313338303031333830303000000000000000000000000000630000000000000000";
const REPORT_V3: &str = "000000b40000000500000005000000000000000031303635373330303132333400000000000000000000000000000000000000000000313338303031333830303000000000000000000000000000000000000000000000014790a420c03039000744454c4956524432363039303130393032323630393031303930333133383030313338303030000000000000000000000000000000000000000000000000630000000000000000000000000000000000000000";
const CONNECTED_V2: &str = "0000001e800000010000000100c4de9d4d39af14637a3d3759f08cf89720";
const CONNECTED_V3: &str = "000000218000000100000001000000008d0353aa6ae5b15a485237be92d02d1a30";

fn submit(content: Content) -> Submit {
    Submit {
        service_id: "ZWFW".to_owned(),
        fee_user_type: 2,
        fee_terminal: String::new(),
        fee_type: "01".to_owned(),
        fee_code: "0".to_owned(),
        msg_src: "901234".to_owned(),
        src_id: "106573001234".to_owned(),
        level: 0,
        registered: Registered::Wanted,
        dest: Private::new("13800138000".to_owned()),
        content,
    }
}

fn hex_of(sent: &Sent, version: Version, sequence: u32) -> String {
    hex::encode(sent.bytes(version, sequence).unwrap())
}

fn frame(bytes: &[u8]) -> Frame {
    let mut splitter = Splitter::default();
    splitter.push(bytes);
    splitter.frame().unwrap().unwrap()
}

fn read(bytes: &str, version: Version) -> Received {
    frame(&hex::decode(bytes).unwrap()).read(version).unwrap()
}

#[test]
fn connect_is_that_of_the_example_in_both_versions() {
    let connect = Sent::connect("901234", "1234", "0901090203");
    for (version, byte) in [(Version::V2, "20"), (Version::V3, "30")] {
        let expected = format!("00000027000000010000000139303132333473d90e51994da9367008231c40036316{byte}35b58b9b");
        assert_eq!(hex_of(&connect, version, 1), expected);
    }
}

#[test]
fn submit_is_that_of_the_example_in_both_versions() {
    let [content] = contents(TEXT, 0).unwrap().try_into().unwrap();
    let sent = Sent::Submit(Box::new(submit(content)));
    assert_eq!(hex_of(&sent, Version::V2, 2), SUBMIT_V2);
    assert_eq!(hex_of(&sent, Version::V3, 2), SUBMIT_V3);
}

#[test]
fn the_parts_of_a_long_text_are_those_of_the_example() {
    let text = format!("{}{}", "一".repeat(67), "二".repeat(3 + 1));
    let parts = contents(&text, 0xa5).unwrap();
    assert_eq!(hex::encode(&parts[0].bytes), format!("050003a50201{}", "4e00".repeat(67)));
    assert_eq!(hex::encode(&parts[1].bytes), "050003a50202".to_owned() + &"4e8c".repeat(4));
    let sizes = |version| {
        parts.iter().map(move |part| Sent::Submit(Box::new(submit(part.clone()))).bytes(version, 1).unwrap().len())
    };
    assert_eq!(sizes(Version::V2).next(), Some(138 + 21 + 140));
    assert_eq!(sizes(Version::V3).next(), Some(163 + 32 + 140));
    let bytes = Sent::Submit(Box::new(submit(parts[1].clone()))).bytes(Version::V3, 1).unwrap();
    // Pk_total, Pk_number and TP_udhi.
    assert_eq!((bytes[20], bytes[21], bytes[12 + 57]), (2, 2, 1));
}

#[test]
fn what_has_no_body_is_twelve_bytes_and_an_answer_to_a_test_thirteen() {
    for version in [Version::V2, Version::V3] {
        assert_eq!(hex_of(&Sent::ActiveTest, version, 7), "0000000c0000000800000007");
        assert_eq!(hex_of(&Sent::ActiveTestResp, version, 7), "0000000d800000080000000700");
        assert_eq!(hex_of(&Sent::Terminate, version, 7), "0000000c0000000200000007");
        assert_eq!(hex_of(&Sent::TerminateResp, version, 7), "0000000c8000000200000007");
    }
    let taken = Sent::DeliverResp { msg_id: MsgId(0x90a4_20c0_3039_0007) };
    assert_eq!(hex_of(&taken, Version::V2, 5), "00000015800000050000000590a420c03039000700");
    assert_eq!(hex_of(&taken, Version::V3, 5), "00000018800000050000000590a420c03039000700000000");
}

#[test]
fn connect_answers_are_read_by_their_length_and_proved_in_both_ways() {
    let ours = authenticator("901234", "1234", "0901090203");
    let junk = format!("{}{}", &CONNECTED_V3[..32], "00".repeat(16)) + "30";
    let one_byte = CONNECTED_V3.replace("8d0353aa6ae5b15a485237be92d02d1a", "c4de9d4d39af14637a3d3759f08cf897");
    for (bytes, version, genuine) in [
        (CONNECTED_V2, Version::V2, true),
        (CONNECTED_V3, Version::V3, true),
        (&one_byte, Version::V3, true),
        (&junk, Version::V3, false),
    ] {
        // The version that was asked for changes nothing.
        for asked in [Version::V2, Version::V3] {
            let Received::Connect(answer) = read(bytes, asked) else { panic!("{bytes}") };
            assert_eq!((answer.status, answer.version), (0, version));
            assert_eq!(answer.is_genuine(&ours, "1234"), genuine);
            assert!(!answer.is_genuine(&ours, "other"));
        }
    }
}

#[test]
fn submit_answers_are_read_by_their_length_and_ids_as_decimal_text() {
    let answer = |bytes: &str| match read(bytes, Version::V3) {
        Received::Submit(answer) => (answer.msg_id.to_string(), answer.result),
        other => panic!("{other:?}"),
    };
    let id = "10422491447457021959".to_owned();
    assert_eq!(answer("00000015800000040000000290a420c03039000708"), (id.clone(), 8));
    assert_eq!(answer("00000018800000040000000290a420c03039000700000064"), (id, 100));
    // Zeros in front are no part of the name.
    assert_eq!(answer("000000158000000400000002000000000000000700"), ("7".to_owned(), 0));
    let wrong = frame(&hex::decode("00000016800000040000000290a420c0303900070000").unwrap()).read(Version::V3);
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "SUBMIT_RESP has 10 bytes behind its header, which fits neither 2.0 nor 3.0"
    );
}

#[test]
fn reports_are_those_of_the_examples() {
    for (bytes, version) in [(REPORT_V2, Version::V2), (REPORT_V3, Version::V3)] {
        let Received::Deliver(deliver) = read(bytes, version) else { panic!("{bytes}") };
        let done = "2026-09-01T09:03:00".parse().ok();
        let msg_id = MsgId(0x90a4_20c0_3039_0007);
        let report = StatusReport::Read { msg_id, stat: "DELIVRD".to_owned(), done };
        assert_eq!(deliver, Deliver { msg_id: MsgId(0), report: Some(report) });
    }
}

#[test]
fn a_report_of_sixty_bytes_is_read_in_3_0_as_well_and_a_tail_may_lack() {
    let (short, long) = (hex::decode(REPORT_V2).unwrap(), hex::decode(REPORT_V3).unwrap());
    // The 3.0 message with the 2.0 report in it, and without what is reserved.
    let mut mixed = long[..12 + 76].to_vec();
    mixed.push(60);
    mixed.extend(&short[12 + 65..12 + 65 + 60]);
    let length = u32::try_from(mixed.len()).unwrap();
    mixed[..4].copy_from_slice(&length.to_be_bytes());
    let Received::Deliver(deliver) = frame(&mixed).read(Version::V3).unwrap() else { panic!() };
    assert!(matches!(deliver.report, Some(StatusReport::Read { stat, .. }) if stat == "DELIVRD"));
}

#[test]
fn a_report_that_is_none_is_kept_as_it_came_and_an_odd_date_says_nothing() {
    let StatusReport::Unreadable { raw, why } = StatusReport::read(b"id:1 stat:FAILED") else { panic!() };
    assert_eq!(raw, hex::encode("id:1 stat:FAILED"));
    assert_eq!(why.to_string(), "the report ends within Submit_time: it has 16 bytes behind its header");
    let long = [&[0; 8][..], b"DELIVRD", &[b'9'; 20]].concat();
    assert!(matches!(StatusReport::read(&long), StatusReport::Read { done: None, .. }));
    let odd = [&[0; 8][..], b"MK\xff \0x\0", &[b' '; 20]].concat();
    assert!(matches!(StatusReport::read(&odd), StatusReport::Read { stat, .. } if stat == "MK?"));
}

#[test]
fn what_a_user_writes_is_seen_to_be_no_report() {
    let mut bytes = hex::decode(REPORT_V2).unwrap();
    bytes[12 + 63] = 0;
    let Received::Deliver(deliver) = frame(&bytes).read(Version::V2).unwrap() else { panic!() };
    assert_eq!(deliver.report, None);
}

#[test]
fn a_value_that_does_not_fit_is_refused_and_never_cut() {
    let [content] = contents("水", 0).unwrap().try_into().unwrap();
    type Change = fn(&mut Submit);
    let rows: [(&str, Change); 6] = [
        ("service_id has 11 bytes, at most 10 fit", |submit| submit.service_id = "12345678901".to_owned()),
        ("src_id has 22 bytes, at most 21 fit", |submit| submit.src_id = "1".repeat(22)),
        ("msg_src holds something else than printable ASCII", |submit| submit.msg_src = "水".to_owned()),
        ("fee_code has 7 bytes, at most 6 fit", |submit| submit.fee_code = "0000000".to_owned()),
        ("the number has 33 bytes, at most 32 fit", |submit| submit.dest = Private::new("1".repeat(33))),
        ("content has 141 bytes, at most 140 fit", |submit| submit.content.bytes = vec![0; 141]),
    ];
    for (expected, change) in rows {
        let mut submit = submit(content.clone());
        change(&mut submit);
        let error = Sent::Submit(Box::new(submit)).bytes(Version::V3, 1).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(contents(&"水".repeat(67 * 255), 0).map(|parts| parts.len()), Some(255));
    assert_eq!(contents(&"水".repeat(67 * 255 + 1), 0), None);
}

#[test]
fn a_length_that_cannot_be_one_is_seen_as_soon_as_it_is_there() {
    for (bytes, found) in [([0, 0, 0, 11], 11), ([0, 0, 16, 1], 4097), (*b"HTTP", 0x4854_5450)] {
        let mut splitter = Splitter::default();
        splitter.push(&bytes[..3]);
        assert_eq!(splitter.frame(), Ok(None));
        splitter.push(&bytes[3..]);
        assert_eq!(splitter.frame(), Err(CodecError::TotalLength { found, most: LONGEST }));
    }
}

#[test]
fn no_number_and_no_word_is_told_when_a_message_is_printed() {
    let [content] = contents("张三在本地", 0).unwrap().try_into().unwrap();
    let told = format!("{:?}{:?}", Sent::Submit(Box::new(submit(content))), frame(&hex::decode(REPORT_V2).unwrap()));
    assert!(!told.contains("13800138000") && !told.contains("49, 51, 56"), "{told}");
}

/// Bytes in the pieces of a stream.
fn split(bytes: &[u8], cuts: &[usize]) -> (Vec<Frame>, Option<CodecError>, usize) {
    let (mut splitter, mut frames, mut most) = (Splitter::default(), Vec::new(), 0);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    for pair in cuts.windows(2) {
        splitter.push(&bytes[pair[0]..pair[1]]);
        loop {
            match splitter.frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error), most),
            }
        }
        most = most.max(splitter.held());
    }
    (frames, None, most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_stream_gives_the_same_messages_in_whatever_pieces_it_comes(cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let stream = [CONNECTED_V2, REPORT_V2, "0000000c0000000800000009", REPORT_V3].concat();
        let bytes = hex::decode(stream).unwrap();
        let (frames, error, most) = split(&bytes, &cuts);
        prop_assert_eq!(error, None);
        prop_assert_eq!(frames.iter().map(|frame| frame.sequence).collect::<Vec<_>>(), [1, 5, 9, 5]);
        prop_assert!(most < LONGEST);
    }

    #[test]
    fn random_bytes_are_read_or_refused_and_little_is_kept(
        bytes in prop::collection::vec(any::<u8>(), 0..6000),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let (frames, _, most) = split(&bytes, &cuts);
        prop_assert!(most < LONGEST);
        for frame in frames {
            let _ = frame.read(Version::V2);
            let _ = frame.read(Version::V3);
        }
    }

    #[test]
    fn a_message_with_wrong_bytes_is_read_or_the_field_is_named(
        which in 0usize..6,
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cut in any::<usize>(),
        is_v3 in any::<bool>(),
    ) {
        let taken = "00000018800000040000000290a420c03039000700000064";
        let seed = [CONNECTED_V2, CONNECTED_V3, REPORT_V2, REPORT_V3, taken, "0000000d800000080000000700"][which];
        let mut bytes = hex::decode(seed).unwrap();
        for (at, byte) in changes {
            // Behind the length, which has a test of its own.
            let at = 4 + at % (bytes.len() - 4);
            bytes[at] = byte;
        }
        bytes.truncate(12 + cut % (bytes.len() - 11));
        let length = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        let frame = frame(&bytes);
        let version = if is_v3 { Version::V3 } else { Version::V2 };
        match frame.read(version) {
            Ok(Received::Deliver(Deliver { report: Some(StatusReport::Unreadable { raw, why }), .. })) => {
                prop_assert!(raw.len() < 2 * 35);
                prop_assert!(why.to_string().starts_with("the report ends within "));
            }
            Ok(_) => {}
            Err(error) => {
                let name = Command::of(frame.id).map(Command::name).unwrap_or_default();
                prop_assert!(!name.is_empty() && error.to_string().starts_with(name), "{}", error);
            }
        }
    }

    #[test]
    fn parts_hold_the_text_and_their_headers_name_them(text in "[a水😀𠮷\n]{0,300}", reference in any::<u8>()) {
        let parts = contents(&text, reference).unwrap();
        let total = parts.len();
        prop_assert_eq!(total, sms::count(&text).parts);
        let mut units = Vec::new();
        for (n, part) in (1..).zip(&parts) {
            prop_assert!(part.bytes.len() <= 140);
            prop_assert_eq!((usize::from(part.total), part.number), (total, n));
            let words = if total > 1 {
                prop_assert_eq!(&part.bytes[..6], &[5, 0, 3, reference, part.total, n]);
                &part.bytes[6..]
            } else {
                &part.bytes[..]
            };
            let part: Vec<u16> = words.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            // A pair that was cut could not be read.
            prop_assert!(String::from_utf16(&part).is_ok());
            units.extend(part);
        }
        prop_assert_eq!(String::from_utf16(&units).unwrap(), text);
    }

    #[test]
    fn a_submit_is_as_long_as_the_table_says(units in 0usize..70, is_v3 in any::<bool>(), sequence in any::<u32>()) {
        let [content] = contents(&"水".repeat(units), 0).unwrap().try_into().unwrap();
        let (version, fixed) = if is_v3 { (Version::V3, 163 + 32) } else { (Version::V2, 138 + 21) };
        let bytes = Sent::Submit(Box::new(submit(content))).bytes(version, sequence).unwrap();
        prop_assert_eq!(bytes.len(), fixed + 2 * units);
        let frame = frame(&bytes);
        prop_assert_eq!((frame.id, frame.sequence), (4, sequence));
        prop_assert_eq!(frame.read(version), Ok(Received::Other));
    }
}
