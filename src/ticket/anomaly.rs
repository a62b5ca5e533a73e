//! What is found wrong in a row, as a closed list of codes.

/// What is wrong with a row, as listed to the desk; each code's predicate
/// stands in `tests/fixtures/samples/README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anomaly {
    BadPhone,
    ConcludedBeforeReceived,
    ContactEqualsDispatch,
    ContactInFuture,
    DispatchBeforeReceived,
    DueDiffers,
    DuplicateRow,
    ImpossibleDateDispatch,
    ImpossibleDateReceived,
    MissingAccept,
    MissingDispatch,
    MissingEnd,
    MissingExtensionDays,
    MissingReceived,
    NoMobile,
    NumberDamaged,
    OddExtension,
    RepeatSelf,
    UnknownClass,
    UnknownHandler,
    UnknownSource,
    UnknownStatus,
    UnknownUnit,
    UnreadableDateDispatch,
    UnreadableDateReceived,
}

impl Anomaly {
    /// Every finding.
    pub const ALL: [Anomaly; 25] = [
        Anomaly::BadPhone,
        Anomaly::ConcludedBeforeReceived,
        Anomaly::ContactEqualsDispatch,
        Anomaly::ContactInFuture,
        Anomaly::DispatchBeforeReceived,
        Anomaly::DueDiffers,
        Anomaly::DuplicateRow,
        Anomaly::ImpossibleDateDispatch,
        Anomaly::ImpossibleDateReceived,
        Anomaly::MissingAccept,
        Anomaly::MissingDispatch,
        Anomaly::MissingEnd,
        Anomaly::MissingExtensionDays,
        Anomaly::MissingReceived,
        Anomaly::NoMobile,
        Anomaly::NumberDamaged,
        Anomaly::OddExtension,
        Anomaly::RepeatSelf,
        Anomaly::UnknownClass,
        Anomaly::UnknownHandler,
        Anomaly::UnknownSource,
        Anomaly::UnknownStatus,
        Anomaly::UnknownUnit,
        Anomaly::UnreadableDateDispatch,
        Anomaly::UnreadableDateReceived,
    ];

    /// The code as printed, `code` or `code:field`.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadPhone => "bad-phone",
            Self::ConcludedBeforeReceived => "concluded-before-received",
            Self::ContactEqualsDispatch => "contact-equals-dispatch",
            Self::ContactInFuture => "contact-in-future",
            Self::DispatchBeforeReceived => "dispatch-before-received",
            Self::DueDiffers => "due-differs",
            Self::DuplicateRow => "duplicate-row",
            Self::ImpossibleDateDispatch => "impossible-date:dispatch",
            Self::ImpossibleDateReceived => "impossible-date:received",
            Self::MissingAccept => "missing-accept",
            Self::MissingDispatch => "missing-dispatch",
            Self::MissingEnd => "missing-end",
            Self::MissingExtensionDays => "missing-extension-days",
            Self::MissingReceived => "missing-received",
            Self::NoMobile => "no-mobile",
            Self::NumberDamaged => "number-damaged",
            Self::OddExtension => "odd-extension",
            Self::RepeatSelf => "repeat-self",
            Self::UnknownClass => "unknown-class",
            Self::UnknownHandler => "unknown-handler",
            Self::UnknownSource => "unknown-source",
            Self::UnknownStatus => "unknown-status",
            Self::UnknownUnit => "unknown-unit",
            Self::UnreadableDateDispatch => "unreadable-date:dispatch",
            Self::UnreadableDateReceived => "unreadable-date:received",
        }
    }
}
