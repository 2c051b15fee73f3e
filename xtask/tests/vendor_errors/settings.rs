//! Invalid names and corrections.

use crate::common::CORRECTIONS;
use crate::{Invalid, correction, names, write};

pub(crate) const INVALID: &[Invalid] = &[
    (
        "an operation's name pinned twice",
        |small| names(small, "lamps.create", "lamps.list"),
        &[
            "names.yaml",
            "lamps.list is pinned twice",
            "GET /harbours/harbour/lamps",
            "POST /harbours/harbour/lamps",
            "give one of them another name",
        ],
    ),
    (
        "a type's name pinned in two sections",
        |small| names(small, "lookups: {}", "lookups:\n  lamp: Colour"),
        &[
            "names.yaml",
            "Colour is pinned twice",
            "Lamp.colour",
            "give one of them another name",
        ],
    ),
    (
        "a key twice in names.yaml",
        |small| names(small, "enums:\n", "enums:\n  Lamp.colour: Hue\n"),
        &["names.yaml", "duplicate", "Lamp.colour", "line 13"],
    ),
    (
        "an unknown section in names.yaml",
        |small| names(small, "lookups: {}", "lookup: {}"),
        &["names.yaml", "unknown field", "lookup", "correct the line"],
    ),
    (
        "an operation's name without a dot",
        |small| names(small, "lamps.create", "create_lamp"),
        &[
            "names.yaml",
            "POST /harbours/harbour/lamps",
            "create_lamp is not of the form resource.action",
        ],
    ),
    (
        "an operation's name that no method can have",
        |small| names(small, "lamps.create", "lamps.create lamp"),
        &[
            "names.yaml",
            "lamps.create lamp is not of the form resource.action",
        ],
    ),
    (
        "a type's name that no type can have",
        |small| names(small, "Colour", "colour?"),
        &[
            "names.yaml",
            "Lamp.colour",
            "colour? cannot be the name of a type",
        ],
    ),
    (
        "a correction without evidence",
        |small| correction(small, "- rule:\n    any_success: {}\n"),
        &["corrections.yaml", "evidence", "line 24"],
    ),
    (
        "a correction with empty evidence",
        |small| correction(small, "- rule:\n    any_success: {}\n  evidence: ''\n"),
        &[
            "corrections.yaml",
            "AnySuccess",
            "has no evidence",
            "state the observation",
        ],
    ),
    (
        "a correction of an unknown rule",
        |small| correction(small, "- rule:\n    rename: {}\n  evidence: Recorded.\n"),
        &[
            "corrections.yaml",
            "rename",
            "any_success",
            "xtask/src/vendor/corrections.rs",
        ],
    ),
    (
        "a correction that no longer applies",
        |small| {
            correction(
                small,
                "- rule:\n    add:\n      type: Lamp\n      fields:\n        name: string\n  evidence: Recorded.\n",
            );
        },
        &[
            "corrections.yaml: number 6",
            "\"Lamp\"",
            "no longer applies",
            "remove the correction, or change it",
        ],
    ),
    (
        "a required argument that the document requires",
        |small| {
            correction(
                small,
                "- rule:\n    required: { at: [lamps.create.name] }\n  evidence: Recorded.\n",
            );
        },
        &[
            "corrections.yaml: number 6",
            "lamps.create.name",
            "no longer applies",
        ],
    ),
    (
        "a polymorph whose types are not there",
        |small| {
            let text = CORRECTIONS
                .replace("Harbour: Harbour", "Harbour: Port")
                .replace("Keeper: Keeper", "Keeper: Warden");
            write(small, "corrections.yaml", &text);
        },
        &[
            "corrections.yaml: number 5",
            "LampOwner",
            "the document has none of its types",
            "change",
        ],
    ),
];
