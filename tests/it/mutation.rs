//! Bytes that are nearly right: seeds with a few random changes each, the same for the
//! same number, so that what fails can be run again.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng, rngs::SmallRng};

/// How long a reader is tried: a second, or as many as the environment says.
pub fn span() -> Duration {
    Duration::from_secs(told("DUBAN_FUZZ_S").unwrap_or(1))
}

/// How long or how often something is tried, if the environment says so.
#[expect(clippy::disallowed_methods, reason = "the length of a test is the caller's")]
pub fn told<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Tries `read` with changed seeds for [`span`]; gives how many were tried. A panic in
/// it names the round.
pub fn tried(seeds: &[Vec<u8>], read: impl Fn(&[u8]) + std::panic::RefUnwindSafe) -> u64 {
    let end = Instant::now() + span();
    let mut round = 0;
    while Instant::now() < end {
        let bytes = changed(seeds, round);
        let outcome = std::panic::catch_unwind(|| read(&bytes));
        assert!(outcome.is_ok(), "round {round}: {:?}", String::from_utf8_lossy(&bytes));
        round += 1;
    }
    round
}

/// The seed and changes of a round.
pub fn changed(seeds: &[Vec<u8>], round: u64) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(round);
    let mut bytes = seeds[random.random_range(0..seeds.len())].clone();
    for _ in 0..random.random_range(1..6) {
        change(&mut bytes, seeds, &mut random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut SmallRng) {
    let at = random.random_range(0..=bytes.len());
    let to = (at + random.random_range(0..24)).min(bytes.len());
    match random.random_range(0..8) {
        0 => drop(bytes.drain(at..to)),
        1 => {
            let part = bytes[at..to].to_vec();
            bytes.splice(at..at, part);
        }
        2 => bytes.truncate(at),
        3 if at < bytes.len() => bytes[at] = random.random(),
        4 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
        5 => {
            let other = &seeds[random.random_range(0..seeds.len())];
            let from = random.random_range(0..=other.len());
            let until = (from + random.random_range(0..200)).min(other.len());
            bytes.splice(at..to, other[from..until].to_vec());
        }
        // What readers stumble over.
        6 => {
            let odd =
                ["99999999999999999999", "-1", "\u{feff}", "２０２７", "2月30日", "\"", "[[[[", "至", "\0", "12月"];
            bytes.splice(at..to, odd[random.random_range(0..odd.len())].bytes());
        }
        _ => {
            // A digit for another.
            let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
            if !digits.is_empty() {
                bytes[digits[random.random_range(0..digits.len())]] = b'0' + random.random_range(0..10);
            }
        }
    }
}
