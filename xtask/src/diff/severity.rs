//! The severity of changes, and the version bump that they require: pure functions of a change's kind.

/// A kind of change, with the facts that its severity depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A new resource: a Cargo feature and a method of the client.
    ResourceAdded,
    ResourceRemoved,
    OperationAdded,
    OperationRemoved,
    /// The same method and path under another public name.
    OperationRenamed,
    /// The same public name at another method or path.
    OperationMoved,
    /// An input is a parameter, or a field of an object that is sent.
    InputAdded {
        required: bool,
    },
    InputRemoved {
        required: bool,
    },
    InputNowRequired,
    InputNowOptional,
    InputTyped,
    /// `null` can be sent, to clear the value.
    InputNullable {
        required: bool,
    },
    /// `null` is rejected.
    InputNotNullable {
        required: bool,
    },
    /// A field of an object that is received. A certain field is not an `Option`.
    FieldAdded,
    FieldRemoved {
        certain: bool,
    },
    FieldNowCertain,
    FieldNowUncertain,
    FieldTyped,
    /// One more operation returns a field of a type.
    FieldAnswered,
    /// One operation no longer returns a field of a type that others still return.
    FieldWithheld,
    TypeAdded,
    TypeRemoved,
    /// For example, an object is now an enumeration.
    TypeReshaped,
    /// A type that was only received is now sent too, or the reverse.
    TypeGainsWay {
        /// `true` if types of its fields change, because optional fields that are sent have the type `Patch`.
        reshapes: bool,
    },
    /// A type is no longer sent, or no longer received.
    TypeLosesWay,
    ValueAdded,
    ValueRemoved {
        sent: bool,
    },
    KeyAdded,
    KeyRemoved,
    PolymorphGains,
    PolymorphLoses,
    CodeAdded,
    CodeRemoved,
    DetailAdded,
    DetailRemoved,
    OperationCodeAdded,
    OperationCodeRemoved,
    /// An error code is returned with another status.
    CodeStatus,
    /// One more scope is sufficient.
    ScopeAdded,
    /// An operation that needed no scope needs one.
    ScopesBegin,
    /// A scope is no longer sufficient.
    ScopeRemoved,
    /// An operation needs no scope now.
    ScopesEnd,
    /// One of the documents states no scopes at all, so they cannot be compared.
    ScopesUnknown,
    RoleGained,
    RoleLost,
    /// A list has items of another type, or a task has.
    RoleChanged,
    IdempotentNow,
    NotIdempotentNow,
    /// The subject is the field that a response dereferences to.
    SubjectGained,
    SubjectLost,
    SubjectChanged,
    /// JSON became text, or text JSON.
    ResponseForm,
    /// An address of the API.
    ServerAdded,
    ServerRemoved,
    /// A further status of success.
    StatusAdded,
    StatusRemoved,
    Deprecated,
    NotDeprecated,
    /// The API takes another value for an input that is left out, or documents one.
    DefaultChanged,
    /// Programs that run send something at one place of an operation that is not accepted any more.
    PlaceSent,
    /// One place of a response no longer has what programs that run expect.
    PlaceReceived,
    /// A public item is gone or changed, although no change of the document names it.
    PublicItem,
    /// The generator refuses one of the documents, so that only their schemas were compared.
    NotGenerated,
}

/// The effect of a change on users of the SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Users need not do anything.
    Safe,
    /// Nothing stops working, but something behaves differently.
    Note,
    /// Code that compiled may not compile.
    Rust,
    /// A program built with the old document can fail at run time.
    Wire,
    /// Both of these.
    RustAndWire,
}

impl Severity {
    pub(crate) const ALL: [Self; 5] = [
        Self::RustAndWire,
        Self::Wire,
        Self::Rust,
        Self::Note,
        Self::Safe,
    ];

    pub(crate) fn breaks_rust(self) -> bool {
        matches!(self, Self::Rust | Self::RustAndWire)
    }

    pub(crate) fn breaks_wire(self) -> bool {
        matches!(self, Self::Wire | Self::RustAndWire)
    }

    pub(crate) fn is_breaking(self) -> bool {
        self.breaks_rust() || self.breaks_wire()
    }

    /// Returns the severity in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Note => "worth noting",
            Self::Rust => "breaks Rust",
            Self::Wire => "breaks the wire",
            Self::RustAndWire => "breaks Rust and the wire",
        }
    }

    /// Returns the severity as a value of the JSON report.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Note => "note",
            Self::Rust => "breaks_rust",
            Self::Wire => "breaks_wire",
            Self::RustAndWire => "breaks_rust_and_wire",
        }
    }
}

/// Returns the severity of a kind of change.
///
/// It follows from the generated code: an optional value is an `Option`, a `Patch` or a setter, a required one is a plain
/// field or an argument; types are `non_exhaustive`; enumerations are open; unknown fields are ignored.
pub(crate) fn severity(kind: Kind) -> Severity {
    match kind {
        Kind::ResourceAdded
        | Kind::OperationAdded
        | Kind::InputAdded { required: false }
        | Kind::InputNullable { required: false }
        | Kind::FieldAdded
        | Kind::FieldAnswered
        | Kind::TypeAdded
        | Kind::TypeGainsWay { reshapes: false }
        | Kind::KeyAdded
        | Kind::CodeAdded
        | Kind::OperationCodeRemoved
        | Kind::ScopeAdded
        | Kind::ScopesEnd
        | Kind::RoleGained
        | Kind::SubjectGained
        | Kind::ServerAdded
        | Kind::StatusRemoved
        | Kind::NotDeprecated => Severity::Safe,

        // Until the release, open enumerations decode a new value as `Unknown`: `match` arms for it change.
        Kind::ValueAdded
        | Kind::PolymorphGains
        // Until the release, it is `ErrorDetail::Other`.
        | Kind::DetailAdded
        | Kind::OperationCodeAdded
        | Kind::CodeStatus
        | Kind::ScopesUnknown
        // It decodes: the field is an `Option`, or ceases to be one, which is a change of the type.
        | Kind::FieldWithheld
        // Retries begin or end.
        | Kind::IdempotentNow
        | Kind::NotIdempotentNow
        | Kind::NotGenerated
        // The compiler warns.
        | Kind::Deprecated
        // Programs that leave the input out get something else.
        | Kind::DefaultChanged => Severity::Note,

        Kind::OperationRenamed
        | Kind::InputRemoved { .. }
        // An argument becomes a setter.
        | Kind::InputNowOptional
        | Kind::InputNullable { required: true }
        | Kind::FieldRemoved { certain: false }
        // The field is no longer an `Option`.
        | Kind::FieldNowCertain
        | Kind::TypeRemoved
        // `Option` fields become `Patch`, as in all objects that are sent.
        | Kind::TypeGainsWay { reshapes: true }
        | Kind::TypeLosesWay
        | Kind::ValueRemoved { sent: false }
        | Kind::PolymorphLoses
        | Kind::CodeRemoved
        | Kind::DetailRemoved
        | Kind::RoleLost
        | Kind::RoleChanged
        | Kind::SubjectLost
        | Kind::SubjectChanged
        | Kind::PublicItem => Severity::Rust,

        // The signature stays, but published releases request the old path.
        Kind::OperationMoved
        // `Patch` has a `Null` all the same, which the API rejects.
        | Kind::InputNotNullable { required: false }
        | Kind::ScopesBegin
        | Kind::ScopeRemoved
        // Published releases have the address in their code.
        | Kind::ServerRemoved
        // Published releases decode its body as that of the usual status.
        | Kind::StatusAdded
        | Kind::PlaceSent
        | Kind::PlaceReceived => Severity::Wire,

        Kind::ResourceRemoved
        | Kind::OperationRemoved
        | Kind::InputAdded { required: true }
        | Kind::InputNowRequired
        | Kind::InputNotNullable { required: true }
        | Kind::InputTyped
        | Kind::FieldRemoved { certain: true }
        // Published releases fail to decode it, and in the next one it is an `Option`.
        | Kind::FieldNowUncertain
        | Kind::FieldTyped
        | Kind::TypeReshaped
        | Kind::ValueRemoved { sent: true }
        | Kind::KeyRemoved
        | Kind::ResponseForm => Severity::RustAndWire,
    }
}

/// Returns `true` if a change adds an item to the public API.
fn adds(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ResourceAdded
            | Kind::OperationAdded
            | Kind::InputAdded { .. }
            | Kind::FieldAdded
            | Kind::TypeAdded
            | Kind::TypeGainsWay { .. }
            | Kind::ValueAdded
            | Kind::KeyAdded
            | Kind::PolymorphGains
            | Kind::CodeAdded
            | Kind::DetailAdded
            | Kind::RoleGained
            | Kind::SubjectGained
    )
}

/// The part of the version that a release must increase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SemverBump {
    None,
    Patch,
    Minor,
    Major,
}

/// Returns the smallest bump that semantic versioning permits. Only what breaks compilation is major: a change that breaks
/// the wire alone has already broken the published releases, and a patch release repairs them.
pub(crate) fn semver_bump(changes: impl IntoIterator<Item = (Kind, Severity)>) -> SemverBump {
    changes
        .into_iter()
        .map(|(kind, severity)| {
            if severity.breaks_rust() {
                SemverBump::Major
            } else if adds(kind) {
                SemverBump::Minor
            } else {
                SemverBump::Patch
            }
        })
        .max()
        .unwrap_or(SemverBump::None)
}

impl SemverBump {
    /// Returns the bump as a value of the JSON report.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// Returns the next version. Before 1.0, cargo takes the second number for the breaking one.
    pub(crate) fn next(self, [major, minor, patch]: [u64; 3]) -> [u64; 3] {
        match (self, major) {
            (Self::None, _) => [major, minor, patch],
            (Self::Major, 0) => [0, minor + 1, 0],
            (Self::Major, _) => [major + 1, 0, 0],
            (Self::Minor, 1..) => [major, minor + 1, 0],
            (Self::Minor, 0) | (Self::Patch, _) => [major, minor, patch + 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bump(kinds: &[Kind]) -> SemverBump {
        semver_bump(kinds.iter().map(|kind| (*kind, severity(*kind))))
    }

    #[test]
    fn bump_is_that_of_the_most_severe_change() {
        assert_eq!(bump(&[]), SemverBump::None);
        assert_eq!(bump(&[Kind::CodeStatus]), SemverBump::Patch);
        assert_eq!(bump(&[Kind::OperationMoved]), SemverBump::Patch);
        assert_eq!(
            bump(&[Kind::CodeStatus, Kind::FieldAdded]),
            SemverBump::Minor
        );
        assert_eq!(
            bump(&[Kind::FieldAdded, Kind::CodeRemoved]),
            SemverBump::Major
        );
    }

    #[test]
    fn next_version_follows_cargo_before_and_after_1_0() {
        for (bump, version, next) in [
            (SemverBump::Major, [0, 1, 2], [0, 2, 0]),
            (SemverBump::Minor, [0, 1, 2], [0, 1, 3]),
            (SemverBump::Patch, [0, 1, 2], [0, 1, 3]),
            (SemverBump::Major, [1, 4, 2], [2, 0, 0]),
            (SemverBump::Minor, [1, 4, 2], [1, 5, 0]),
            (SemverBump::Patch, [1, 4, 2], [1, 4, 3]),
            (SemverBump::None, [1, 4, 2], [1, 4, 2]),
        ] {
            assert_eq!(bump.next(version), next, "{bump:?}");
        }
    }
}
