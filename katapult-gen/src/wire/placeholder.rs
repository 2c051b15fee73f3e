//! Values of fields until they are read, and of those that are absent.

use std::collections::HashMap;

/// A value for a field that is not read yet.
pub(crate) trait Placeholder {
    /// Returns the placeholder.
    fn placeholder() -> Self;

    /// Returns `true` if serialization omits the value of an optional field.
    fn is_placeholder(&self) -> bool {
        false
    }
}

impl<T> Placeholder for Option<T> {
    fn placeholder() -> Self {
        None
    }

    fn is_placeholder(&self) -> bool {
        self.is_none()
    }
}

impl<T: Placeholder> Placeholder for Box<T> {
    fn placeholder() -> Self {
        Box::new(T::placeholder())
    }

    fn is_placeholder(&self) -> bool {
        (**self).is_placeholder()
    }
}

impl<T> Placeholder for crate::Patch<T> {
    fn placeholder() -> Self {
        Self::Absent
    }

    fn is_placeholder(&self) -> bool {
        self.is_absent()
    }
}

macro_rules! collection_placeholders {
    ($([$($parameter:ident),*] $collection:ty,)*) => {
        $(impl<$($parameter),*> Placeholder for $collection {
            fn placeholder() -> Self {
                Self::new()
            }

            fn is_placeholder(&self) -> bool {
                self.is_empty()
            }
        })*
    };
}

collection_placeholders! {
    [] String,
    [T] Vec<T>,
    [K, V] HashMap<K, V>,
    [] serde_json::Map<String, serde_json::Value>,
}

macro_rules! value_placeholders {
    ($($of:ty = $value:expr,)*) => {
        $(impl Placeholder for $of {
            fn placeholder() -> Self {
                $value
            }
        })*
    };
}

value_placeholders! {
    bool = false,
    i32 = 0,
    i64 = 0,
    u8 = 0,
    u16 = 0,
    u32 = 0,
    u64 = 0,
    f32 = 0.0,
    f64 = 0.0,
    serde_json::Value = Self::Null,
    crate::Secret = Self::from(String::new()),
    crate::Timestamp = Self::from_secs(0),
}

/// Implements [`Placeholder`] for a struct, with a placeholder in each field, and `Default` for tests.
macro_rules! placeholder {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::wire::placeholder::Placeholder for $name {
            #[inline]
            fn placeholder() -> Self {
                Self { $($field: $crate::wire::placeholder::Placeholder::placeholder(),)* }
            }
        }

        #[cfg(feature = "test-util")]
        impl Default for $name {
            fn default() -> Self {
                $crate::wire::placeholder::Placeholder::placeholder()
            }
        }
    };
}
