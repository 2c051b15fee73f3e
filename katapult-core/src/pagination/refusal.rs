//! Lists of which no page is requested.

use katapult_gen::OperationInfo;

use crate::error::{Error, ErrorContext, ErrorKind, FailureCause};

/// The reason why no page is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The caller added a parameter that would replace the number of each page.
    PageReplaced,
    /// The resume token belongs to another list.
    TokenMismatch,
}

impl Refusal {
    pub(super) fn error(self, operation: &'static OperationInfo) -> Error {
        let (kind, cause) = match self {
            Self::PageReplaced => {
                let problem = "query_param(\"page\", …) would replace the number of each page: set the first one with page(…)";
                (ErrorKind::Build, FailureCause::Build(problem.into()))
            }
            Self::TokenMismatch => {
                let problem = "the resume token belongs to another list: use it with the same operation and the same arguments";
                let cause = FailureCause::Pagination(problem.to_owned());
                (ErrorKind::Pagination, cause)
            }
        };
        let mut context = ErrorContext::new(kind, operation);
        context.cause = Some(cause);
        context.into()
    }
}
