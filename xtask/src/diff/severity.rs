//! What a change means: pure functions from a change's kind to a verdict and to a semver step.

/// A kind of change, with what the verdict hangs on and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A new resource: a feature, and a method of the client.
    ResourceAdded,
    ResourceRemoved,
    OperationAdded,
    OperationRemoved,
    /// The same method and path under another public name.
    OperationRenamed,
    /// The same public name at another method or path.
    OperationMoved,
    /// Something to give: a parameter, or a field of what is sent.
    InputAdded {
        required: bool,
    },
    InputRemoved {
        required: bool,
    },
    InputNowRequired,
    InputNowOptional,
    InputTyped,
    /// Null can be sent, to clear.
    InputNullable {
        required: bool,
    },
    /// Null is refused.
    InputNotNullable {
        required: bool,
    },
    /// A field of what is received. One that is certain is no `Option`.
    FieldAdded,
    FieldRemoved {
        certain: bool,
    },
    FieldNowCertain,
    FieldNowUncertain,
    FieldTyped,
    /// One operation answers a field of a type that others had already.
    FieldAnswered,
    /// One operation no longer answers a field of a type that others still have.
    FieldWithheld,
    TypeAdded,
    TypeRemoved,
    /// An object is now an enumeration, say.
    TypeReshaped,
    /// A type is now sent as well, or received as well.
    TypeGainsWay {
        /// Whether it has fields whose types become those of what is sent.
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
    /// A code comes under another status.
    CodeStatus,
    /// One more scope suffices.
    ScopeAdded,
    /// An operation that needed none needs a scope.
    ScopesBegin,
    /// A scope that sufficed no longer does.
    ScopeRemoved,
    /// An operation needs no scope any more.
    ScopesEnd,
    /// The old document or the new one states no scopes at all, so they cannot be compared.
    ScopesUnknown,
    RoleGained,
    RoleLost,
    /// A list of other items, a task in another field.
    RoleChanged,
    IdempotentNow,
    NotIdempotentNow,
    /// What a response dereferences to.
    SubjectGained,
    SubjectLost,
    SubjectChanged,
    /// Text in place of JSON, or JSON in place of text.
    ResponseForm,
}

/// What a change means to those who use the SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Nobody needs to do anything.
    Safe,
    /// Nothing stops working; something behaves otherwise.
    Note,
    /// Code that compiled need not compile.
    Rust,
    /// A program that runs, made with the old document, can fail.
    Wire,
    /// Both of these.
    RustAndWire,
}

impl Verdict {
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

    /// The verdict in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Note => "worth noting",
            Self::Rust => "breaks Rust",
            Self::Wire => "breaks the wire",
            Self::RustAndWire => "breaks Rust and the wire",
        }
    }

    /// The verdict as a word for programs.
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

/// What a kind of change means. The reasons are those of the generated code: what can be left out is an
/// `Option`, a `Patch` or a setter, what must be there is a plain field or an argument; types are
/// `non_exhaustive`; enumerations are open; unknown fields are ignored.
pub(crate) fn judge(kind: Kind) -> Verdict {
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
        | Kind::SubjectGained => Verdict::Safe,

        // Open enumerations give a new value as `Unknown` until then; `match` arms for it change.
        Kind::ValueAdded
        | Kind::PolymorphGains
        // `ErrorDetail::Other` until then.
        | Kind::DetailAdded
        | Kind::OperationCodeAdded
        | Kind::CodeStatus
        | Kind::ScopesUnknown
        // It decodes: the type's field is an `Option`, or was and is no more (which is told of the type).
        | Kind::FieldWithheld
        // Tried again from now on, or no more.
        | Kind::IdempotentNow
        | Kind::NotIdempotentNow => Verdict::Note,

        Kind::OperationRenamed
        | Kind::InputRemoved { .. }
        | Kind::InputNowOptional
        | Kind::InputNullable { required: true }
        | Kind::FieldRemoved { certain: false }
        | Kind::FieldNowCertain
        | Kind::TypeRemoved
        // `Option` fields become `Patch`, as in all that is sent.
        | Kind::TypeGainsWay { reshapes: true }
        | Kind::TypeLosesWay
        | Kind::ValueRemoved { sent: false }
        | Kind::PolymorphLoses
        | Kind::CodeRemoved
        | Kind::DetailRemoved
        | Kind::RoleLost
        | Kind::RoleChanged
        | Kind::SubjectLost
        | Kind::SubjectChanged => Verdict::Rust,

        Kind::OperationMoved
        | Kind::InputNotNullable { required: false }
        | Kind::ScopesBegin
        | Kind::ScopeRemoved => Verdict::Wire,

        Kind::ResourceRemoved
        | Kind::OperationRemoved
        | Kind::InputAdded { required: true }
        | Kind::InputNowRequired
        | Kind::InputNotNullable { required: true }
        | Kind::InputTyped
        | Kind::FieldRemoved { certain: true }
        | Kind::FieldNowUncertain
        | Kind::FieldTyped
        | Kind::TypeReshaped
        | Kind::ValueRemoved { sent: true }
        | Kind::KeyRemoved
        | Kind::ResponseForm => Verdict::RustAndWire,
    }
}

/// Whether a change gives users something new to call or to name.
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

/// What a release with these changes must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    None,
    Patch,
    Minor,
    Major,
}

/// The least step that keeps the promise of semantic versions. It is one to those who compile: what breaks
/// on the wire alone breaks the releases that are out, and a patch mends it.
pub(crate) fn step(kinds: impl IntoIterator<Item = Kind>) -> Step {
    kinds
        .into_iter()
        .map(|kind| {
            if judge(kind).breaks_rust() {
                Step::Major
            } else if adds(kind) {
                Step::Minor
            } else {
                Step::Patch
            }
        })
        .max()
        .unwrap_or(Step::None)
}

impl Step {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// The next version after a step. Before 1.0 cargo takes the second number for the one that breaks.
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

    #[test]
    fn steps() {
        assert_eq!(step([]), Step::None);
        assert_eq!(step([Kind::CodeStatus]), Step::Patch);
        assert_eq!(step([Kind::OperationMoved]), Step::Patch);
        assert_eq!(step([Kind::CodeStatus, Kind::FieldAdded]), Step::Minor);
        assert_eq!(step([Kind::FieldAdded, Kind::CodeRemoved]), Step::Major);
    }

    #[test]
    fn versions() {
        for (step, version, next) in [
            (Step::Major, [0, 1, 2], [0, 2, 0]),
            (Step::Minor, [0, 1, 2], [0, 1, 3]),
            (Step::Patch, [0, 1, 2], [0, 1, 3]),
            (Step::Major, [1, 4, 2], [2, 0, 0]),
            (Step::Minor, [1, 4, 2], [1, 5, 0]),
            (Step::Patch, [1, 4, 2], [1, 4, 3]),
            (Step::None, [1, 4, 2], [1, 4, 2]),
        ] {
            assert_eq!(step.next(version), next, "{step:?}");
        }
    }
}
