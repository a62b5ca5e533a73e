//! Whether the calendar reaches far enough, and agrees with others.

use chrono::{DateTime, Datelike, Utc};

use super::Findings;
use crate::calendar::{Calendar, civil};

const AREA: &str = "calendar";

/// The State Council announces the next year in November; a deadline of December
/// may need it.
const ANNOUNCED_IN: u32 = 12;

/// Checks the calendar.
pub fn check(calendar: &Calendar, now: DateTime<Utc>, found: &mut Findings) {
    let today = civil::day_of(now);
    let (year, next) = (today.year(), today.year() + 1);
    if !calendar.knows(year) {
        found.fault(AREA, format!("日历:今年({year})的放假安排未载入,所有期限都是暂定;放入 calendars/{year}.json"));
    }
    if !calendar.knows(next) {
        let text = format!("日历:{next} 年的放假安排未载入,跨年的期限是暂定;公布后放入 calendars/{next}.json");
        match today.month() >= ANNOUNCED_IN {
            true => found.fault(AREA, text),
            false => found.fine(AREA, text),
        }
    }
    for part in calendar.parts().iter().filter(|part| !part.doubts.is_empty()) {
        let doubts = part.doubts.join("; ");
        found.warning(AREA, format!("日历:{} 年的文件不像完整的放假安排({doubts});请对照国务院办公厅通知", part.name));
    }
    let opinion = calendar.verify();
    for differing in &opinion.differing {
        let ours = if differing.works { "上班" } else { "放假" };
        let text = format!("日历:{} 本程序为{ours},另一来源相反;请核对国务院办公厅通知", differing.date);
        found.warning(AREA, text);
    }
    if found.is_fine(AREA) {
        let (version, compared) = (calendar.version(), opinion.compared);
        found.fine(AREA, format!("日历:{version},{compared} 天与另一来源一致"));
    }
}
