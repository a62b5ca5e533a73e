//! The templates that come with the program.

/// Every shipped template, `(name, text)`, sorted by name.
pub const SHIPPED: [(&str, &str); 72] = [
    ("batch-form-issued.email.many.txt", include_str!("../../config/templates/batch-form-issued.email.many.txt")),
    ("batch-form-issued.email.txt", include_str!("../../config/templates/batch-form-issued.email.txt")),
    ("batch-form-issued.sms.many.txt", include_str!("../../config/templates/batch-form-issued.sms.many.txt")),
    ("batch-form-issued.sms.txt", include_str!("../../config/templates/batch-form-issued.sms.txt")),
    ("calendar-missing.email.many.txt", include_str!("../../config/templates/calendar-missing.email.many.txt")),
    ("calendar-missing.email.txt", include_str!("../../config/templates/calendar-missing.email.txt")),
    ("citizen-neutral-sms.sms.txt", include_str!("../../config/templates/citizen-neutral-sms.sms.txt")),
    ("citizen-sms-failed.email.many.txt", include_str!("../../config/templates/citizen-sms-failed.email.many.txt")),
    ("citizen-sms-failed.email.txt", include_str!("../../config/templates/citizen-sms-failed.email.txt")),
    (
        "citizen-sms-not-possible.email.many.txt",
        include_str!("../../config/templates/citizen-sms-not-possible.email.many.txt"),
    ),
    ("citizen-sms-not-possible.email.txt", include_str!("../../config/templates/citizen-sms-not-possible.email.txt")),
    ("citizen-sms-not-possible.sms.txt", include_str!("../../config/templates/citizen-sms-not-possible.sms.txt")),
    ("citizen-unreachable-sms.sms.txt", include_str!("../../config/templates/citizen-unreachable-sms.sms.txt")),
    (
        "contact-number-suspect.email.many.txt",
        include_str!("../../config/templates/contact-number-suspect.email.many.txt"),
    ),
    ("contact-number-suspect.email.txt", include_str!("../../config/templates/contact-number-suspect.email.txt")),
    ("contact-number-suspect.sms.txt", include_str!("../../config/templates/contact-number-suspect.sms.txt")),
    ("data-quality.email.many.txt", include_str!("../../config/templates/data-quality.email.many.txt")),
    ("data-quality.email.txt", include_str!("../../config/templates/data-quality.email.txt")),
    ("digest.sms.txt", include_str!("../../config/templates/digest.sms.txt")),
    ("dispatch-overdue.email.many.txt", include_str!("../../config/templates/dispatch-overdue.email.many.txt")),
    ("dispatch-overdue.email.txt", include_str!("../../config/templates/dispatch-overdue.email.txt")),
    ("dispatch-reminder.email.many.txt", include_str!("../../config/templates/dispatch-reminder.email.many.txt")),
    ("dispatch-reminder.email.txt", include_str!("../../config/templates/dispatch-reminder.email.txt")),
    ("dispatch-reminder.sms.many.txt", include_str!("../../config/templates/dispatch-reminder.sms.many.txt")),
    ("dispatch-reminder.sms.txt", include_str!("../../config/templates/dispatch-reminder.sms.txt")),
    ("due-final.sms.many.txt", include_str!("../../config/templates/due-final.sms.many.txt")),
    ("due-final.sms.txt", include_str!("../../config/templates/due-final.sms.txt")),
    ("due-soon.sms.many.txt", include_str!("../../config/templates/due-soon.sms.many.txt")),
    ("due-soon.sms.txt", include_str!("../../config/templates/due-soon.sms.txt")),
    ("due-today.sms.many.txt", include_str!("../../config/templates/due-today.sms.many.txt")),
    ("due-today.sms.txt", include_str!("../../config/templates/due-today.sms.txt")),
    ("first-contact-due.sms.many.txt", include_str!("../../config/templates/first-contact-due.sms.many.txt")),
    ("first-contact-due.sms.txt", include_str!("../../config/templates/first-contact-due.sms.txt")),
    ("first-contact-final.sms.many.txt", include_str!("../../config/templates/first-contact-final.sms.many.txt")),
    ("first-contact-final.sms.txt", include_str!("../../config/templates/first-contact-final.sms.txt")),
    (
        "first-contact-overdue.email.many.txt",
        include_str!("../../config/templates/first-contact-overdue.email.many.txt"),
    ),
    ("first-contact-overdue.email.txt", include_str!("../../config/templates/first-contact-overdue.email.txt")),
    ("first-contact-overdue.sms.txt", include_str!("../../config/templates/first-contact-overdue.sms.txt")),
    ("first-contact-retry.sms.txt", include_str!("../../config/templates/first-contact-retry.sms.txt")),
    ("first-start.email.txt", include_str!("../../config/templates/first-start.email.txt")),
    ("first-start.sms.txt", include_str!("../../config/templates/first-start.sms.txt")),
    ("footer.email.txt", include_str!("../../config/templates/footer.email.txt")),
    ("head.email.txt", include_str!("../../config/templates/head.email.txt")),
    ("overdue-1.email.many.txt", include_str!("../../config/templates/overdue-1.email.many.txt")),
    ("overdue-1.email.txt", include_str!("../../config/templates/overdue-1.email.txt")),
    ("overdue-1.sms.many.txt", include_str!("../../config/templates/overdue-1.sms.many.txt")),
    ("overdue-1.sms.txt", include_str!("../../config/templates/overdue-1.sms.txt")),
    ("overdue-2.email.many.txt", include_str!("../../config/templates/overdue-2.email.many.txt")),
    ("overdue-2.email.txt", include_str!("../../config/templates/overdue-2.email.txt")),
    ("overdue-2.sms.many.txt", include_str!("../../config/templates/overdue-2.sms.many.txt")),
    ("overdue-2.sms.txt", include_str!("../../config/templates/overdue-2.sms.txt")),
    ("overdue-3.email.many.txt", include_str!("../../config/templates/overdue-3.email.many.txt")),
    ("overdue-3.email.txt", include_str!("../../config/templates/overdue-3.email.txt")),
    ("overdue-3.sms.many.txt", include_str!("../../config/templates/overdue-3.sms.many.txt")),
    ("overdue-3.sms.txt", include_str!("../../config/templates/overdue-3.sms.txt")),
    ("overdue-daily.email.many.txt", include_str!("../../config/templates/overdue-daily.email.many.txt")),
    ("overdue-daily.email.txt", include_str!("../../config/templates/overdue-daily.email.txt")),
    ("repeat-approaching.email.many.txt", include_str!("../../config/templates/repeat-approaching.email.many.txt")),
    ("repeat-approaching.email.txt", include_str!("../../config/templates/repeat-approaching.email.txt")),
    ("revisit-dissatisfied.email.many.txt", include_str!("../../config/templates/revisit-dissatisfied.email.many.txt")),
    ("revisit-dissatisfied.email.txt", include_str!("../../config/templates/revisit-dissatisfied.email.txt")),
    ("revisit-dissatisfied.sms.txt", include_str!("../../config/templates/revisit-dissatisfied.sms.txt")),
    ("second-revisit-due.email.many.txt", include_str!("../../config/templates/second-revisit-due.email.many.txt")),
    ("second-revisit-due.email.txt", include_str!("../../config/templates/second-revisit-due.email.txt")),
    ("second-revisit-due.sms.txt", include_str!("../../config/templates/second-revisit-due.sms.txt")),
    ("ticket-assigned.email.many.txt", include_str!("../../config/templates/ticket-assigned.email.many.txt")),
    ("ticket-assigned.email.txt", include_str!("../../config/templates/ticket-assigned.email.txt")),
    ("ticket-assigned.sms.many.txt", include_str!("../../config/templates/ticket-assigned.sms.many.txt")),
    ("ticket-assigned.sms.txt", include_str!("../../config/templates/ticket-assigned.sms.txt")),
    ("urgent-alert.email.many.txt", include_str!("../../config/templates/urgent-alert.email.many.txt")),
    ("urgent-alert.email.txt", include_str!("../../config/templates/urgent-alert.email.txt")),
    ("urgent-alert.sms.txt", include_str!("../../config/templates/urgent-alert.sms.txt")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_holds_every_file_of_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/templates");
        let mut files: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        assert_eq!(files, SHIPPED.map(|(name, _)| name));
    }
}
