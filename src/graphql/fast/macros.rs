//! The grammar of nodes: `node!` for columns, `value!` for objects that lie in a column, `edges!` for look-ups.

/// What a plan knows of a node's columns.
pub trait Columns {
    /// The columns that the schema shows, in order.
    const NAMES: &'static [&'static str];
    /// Writes a column's JSON text.
    fn put(&self, column: usize, out: &mut Vec<u8>);
}

/// Declares a node over a table: the columns that the schema shows, with their descriptions, and hidden ones that the
/// edges need. Fields have the names of their columns; the first is the id.
///
/// ```text
/// node! {
///     /// A team of advisors.
///     pub struct Team of team::Entity {
///         /// Opaque id.
///         id: TeamId,
///         /// Name.
///         name: String,
///     } hidden {
///         leader_id: UserId,
///     }
/// }
/// ```
#[macro_export]
macro_rules! node {
    (
        $(#[$meta:meta])* pub struct $Node:ident of $Entity:ty {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        } $(hidden { $($(#[$hidden_meta:meta])* $hidden:ident: $hidden_type:ty,)* })?
    ) => {
        #[derive(Clone, Debug, async_graphql::SimpleObject)]
        #[graphql(complex)]
        $(#[$meta])*
        pub struct $Node {
            $($(#[$field_meta])* pub $field: $type,)*
            $($($(#[$hidden_meta])* #[graphql(skip)] pub $hidden: $hidden_type,)*)?
        }

        impl $crate::platform::db::Positional for $Node {
            type Entity = $Entity;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field),)* $($(stringify!($hidden),)*)?];
            fn read(cells: &mut $crate::platform::db::Cells<'_>) -> Result<Self, sea_orm::DbErr> {
                const { assert!(Self::COLUMNS.len() <= 64) };
                Ok($Node { $($field: cells.cell()?,)* $($($hidden: cells.cell()?,)*)? })
            }
            fn key(&self) -> uuid::Uuid {
                $crate::kernel::ids::TypedId::uuid(self.id)
            }
        }

        $crate::node!(@columns $Node $($field)*);
    };
    (@columns $Node:ident $($field:ident)*) => {
        impl $crate::graphql::fast::Columns for $Node {
            const NAMES: &'static [&'static str] = &[$(stringify!($field),)*];
            fn put(&self, column: usize, out: &mut Vec<u8>) {
                #[allow(non_camel_case_types)]
                enum At { $($field),* }
                $(if column == At::$field as usize {
                    return $crate::graphql::fast::Leaf::put(&self.$field, out);
                })*
            }
        }
    };
}

/// Declares an object that lies in a column, or is worked out of a row: no id, its own `edges!`.
#[macro_export]
macro_rules! value {
    (
        $(#[$meta:meta])* pub struct $Value:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }
        $(hidden { $($(#[$hidden_meta:meta])* $hidden:ident: $hidden_type:ty,)* })?
    ) => {
        #[derive(Clone, Debug, async_graphql::SimpleObject)]
        #[graphql(complex)]
        $(#[$meta])*
        pub struct $Value {
            $($(#[$field_meta])* pub $field: $type,)*
            $($($(#[$hidden_meta])* #[graphql(skip)] pub $hidden: $hidden_type,)*)?
        }

        $crate::node!(@columns $Value $($field)*);
    };
}

/// Declares the edges of a node, each with its description. A `field` gives what lies elsewhere (`Maybe`, `The`, `All`) or
/// in the row (`Within`, `Inline`, `Inlines`, `Computed`); a `page` gives a list of rows that hang on this one, by their
/// foreign key and in an order.
/// Every node has exactly one `edges!`, if need be an empty one.
///
/// ```text
/// edges! {
///     Team {
///         /// Who leads it.
///         field leader: The<User> = |team, _| The::of(team.leader_id);
///         /// Its users, by name.
///         page members(#[graphql(desc = "Only this role.")] role: Option<Role>): User
///             by "team_id" in BY_NAME => |viewer| Ok(users::of_role(viewer, role));
///     }
/// }
/// ```
#[macro_export]
macro_rules! edges {
    ($Node:ident { $($edges:tt)* }) => { $crate::edges! { @next $Node [] $($edges)* } };

    (@next $Node:ident [$($done:tt)*]
        $(#[$meta:meta])* field $name:ident: $Edge:ty = |$row:ident, $ctx:pat_param| $expr:expr; $($rest:tt)*
    ) => {
        $crate::edges! { @next $Node [$($done)* {
            meta [$(#[$meta])*] name $name args [] edge [$Edge] reads [true] row $row ctx [$ctx] expr [$expr]
        }] $($rest)* }
    };

    (@next $Node:ident [$($done:tt)*]
        $(#[$meta:meta])* page $name:ident($($(#[$arg_meta:meta])* $arg:ident: $type:ty),*): $Child:ident
            by $key:literal in $sort:expr => |$viewer:ident| $expr:expr; $($rest:tt)*
    ) => {
        $crate::edges! { @next $Node [$($done)*]
            $(#[$meta])* page $name($($(#[$arg_meta])* $arg: $type),*): $Child
                by $key in $sort => |$viewer| $expr, after |_| None; $($rest)* }
    };

    (@next $Node:ident [$($done:tt)*]
        $(#[$meta:meta])* page $name:ident($($(#[$arg_meta:meta])* $arg:ident: $type:ty),*): $Child:ident
            by $key:literal in $sort:expr => |$viewer:ident| $expr:expr, after |$ctx:pat_param| $first:expr;
        $($rest:tt)*
    ) => {
        $crate::edges! { @next $Node [$($done)* {
            meta [$(#[$meta])*]
            name $name
            args [
                $({ [$(#[$arg_meta])*] $arg $type })*
                { [#[graphql(desc = "So many from the start: 25 unless told, at most 100.")]] first Option<i32> }
                { [#[graphql(desc = "After this cursor.")]] after Option<String> }
                { [#[graphql(desc = "So many from the end, at most 100.")]] last Option<i32> }
                { [#[graphql(desc = "Before this cursor.")]] before Option<String> }
            ]
            edge [$crate::graphql::fast::Pages<$Child>]
            reads [false]
            row row
            ctx [$ctx]
            expr [$crate::graphql::fast::Pages::new(
                $crate::platform::db::Positional::key(row),
                $key,
                $sort,
                $crate::platform::db::PageArgs { first, after, last, before },
                $first,
                move |$viewer| $expr,
            )]
        }] $($rest)* }
    };

    (@next $Node:ident [$({
        meta [$($meta:tt)*] name $name:ident args [$({ [$($arg_meta:tt)*] $arg:ident $type:ty })*]
        edge [$Edge:ty] reads [$reads:literal] row $row:ident ctx [$ctx:pat_param] expr [$expr:expr]
    })*]) => {
        #[async_graphql::ComplexObject]
        impl $Node {
            $($($meta)*
            pub async fn $name(
                &self,
                ctx: &async_graphql::Context<'_>,
                $($($arg_meta)* $arg: $type,)*
            ) -> async_graphql::Result<<$Edge as $crate::graphql::fast::Edge>::Output> {
                let $row = self;
                let $ctx = ctx;
                let edge: $Edge = $expr;
                $crate::graphql::fast::Edge::resolve(edge, ctx).await
            })*
        }

        const _: () = {
            use $crate::graphql::fast::{Columns, NotPlannable, Parts, Plan, Planned, What, index};

            #[allow(non_camel_case_types, dead_code)]
            enum Number { $($name,)* End }

            #[allow(unused_variables, unused_mut)]
            impl Planned for $Node {
                fn what(field: &str) -> Option<What> {
                    static INDEX: std::sync::LazyLock<std::collections::HashMap<String, What>> =
                        std::sync::LazyLock::new(|| index(<$Node as Columns>::NAMES, &[$(stringify!($name)),*]));
                    INDEX.get(field).copied()
                }
                fn put(&self, column: usize, out: &mut Vec<u8>) {
                    Columns::put(self, column, out);
                }
                fn reads_row(edge: usize) -> bool {
                    [$($reads),*].get(edge).copied().unwrap_or(true)
                }
                fn plan_edge<'a>(
                    edge: usize,
                    env: &'a async_graphql::context::QueryEnv,
                    set: &'a async_graphql::parser::types::SelectionSet,
                ) -> Option<Plan<'a>> {
                    $(if edge == Number::$name as usize {
                        return <$Edge as $crate::graphql::fast::Edge>::plan(env, set);
                    })*
                    None
                }
                fn render_edge<'a>(
                    edge: usize,
                    rows: &'a [&'a Self],
                    ctx: async_graphql::Context<'a>,
                    plan: &'a Plan<'a>,
                ) -> futures_util::future::BoxFuture<'a, Result<Parts, NotPlannable>> {
                    $(if edge == Number::$name as usize {
                        return Box::pin(async move {
                            $(let $arg: $type =
                                ctx.param_value(&$crate::graphql::fast::camel(stringify!($arg)), None).map_err(|_| NotPlannable)?.1;)*
                            let edges: Vec<$Edge> = rows
                                .iter()
                                .map(|$row| {
                                    let $row: &Self = $row;
                                    let $ctx = &ctx;
                                    $(let $arg = $arg.clone();)*
                                    $expr
                                })
                                .collect();
                            <$Edge as $crate::graphql::fast::Edge>::render(edges, ctx, plan).await
                        });
                    })*
                    Box::pin(std::future::ready(Err(NotPlannable)))
                }
            }
        };
    };
}
