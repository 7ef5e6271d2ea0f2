//! The kinds of edges: what a node's look-up field gives, for one row (the ordinary executor, batched by the data
//! loader) and for all rows at once (the plan).

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::async_trait::async_trait;
use async_graphql::context::QueryEnv;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::parser::types::SelectionSet;
use async_graphql::{Context, OutputType};
use futures_util::future::{BoxFuture, join_all};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::output::{List, One, answer};
use super::parts::{NotPlannable, Parts};
use super::plan::{Plan, Planned};
use super::render::{Leaf, render};
use crate::graphql::page::{Connection, lists};
use crate::graphql::size::Size;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::db::{ColumnSet, PageArgs, PageQuery, Positional, Reader, Rows, SortColumn, Visible};

/// An edge of one row.
pub trait Edge: Send + Sized {
    /// What the field gives.
    type Output: OutputType;
    /// The plan of the field's selection; `None` when the plan cannot answer it.
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>>;
    /// For the ordinary executor.
    fn resolve(self, ctx: &Context<'_>) -> impl Future<Output = async_graphql::Result<Self::Output>> + Send;
    /// For the plan: the text of each row's edge, in the rows' order.
    fn render(
        edges: Vec<Self>,
        ctx: Context<'_>,
        plan: &Plan<'_>,
    ) -> impl Future<Output = Result<Parts, NotPlannable>> + Send;
}

/// The row with this id, if there is one and the viewer may see it.
pub struct Maybe<T>(Option<Uuid>, PhantomData<T>);

/// The row with this id, which must be there.
pub struct The<T>(Uuid, PhantomData<T>);

impl<T> Maybe<T> {
    /// By its id.
    pub fn of<I: crate::kernel::ids::TypedId>(id: Option<I>) -> Self {
        Maybe(id.map(I::uuid), PhantomData)
    }
}

impl<T> The<T> {
    /// By its id.
    pub fn of<I: crate::kernel::ids::TypedId>(id: I) -> Self {
        The(id.uuid(), PhantomData)
    }
}

/// Something that lies in the row already, or nothing.
pub struct Inline<T>(pub Option<T>);

/// Something that lies in every row already.
pub struct Within<T>(pub T);

/// A list that lies in the row already.
pub struct Inlines<T>(pub Vec<T>);

/// A value worked out of the row, without a selection of its own.
pub struct Computed<L>(pub L);

/// All rows that hang on this one, where they are few (at most a page).
pub struct All<T: Positional>(Pages<T>);

impl<T: Positional> All<T> {
    /// The rows that name `parent` in `foreign_key`, in this order.
    pub fn of(parent: Uuid, foreign_key: &'static str, sort: SortColumn) -> Self {
        let args = PageArgs { first: Some(crate::platform::db::MAX_PAGE), ..PageArgs::default() };
        All(Pages::new(parent, foreign_key, sort, args, None, |viewer| Ok(T::Entity::visible_to(viewer))))
    }
}

/// A list of rows that hang on this one, page by page.
pub struct Pages<T: Positional> {
    parent: Uuid,
    list: Arc<ListOf<T>>,
}

/// Builds the list under any parent: begins with `visible_to` and holds the filter.
type Build<E> = dyn Fn(&Viewer) -> Result<sea_orm::Select<E>> + Send + Sync;

/// What is done for some parents before their lists are read.
pub type First = Box<dyn Fn(&[Uuid]) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Which list, and which page of it.
struct ListOf<T: Positional> {
    first: Option<First>,
    build: Box<Build<T::Entity>>,
    foreign_key: &'static str,
    sort: SortColumn,
    args: PageArgs,
}

impl<T: Positional> Pages<T> {
    /// The list of `parent`, whose rows name it in `foreign_key`.
    pub fn new(
        parent: Uuid,
        foreign_key: &'static str,
        sort: SortColumn,
        args: PageArgs,
        first: Option<First>,
        build: impl Fn(&Viewer) -> Result<sea_orm::Select<T::Entity>> + Send + Sync + 'static,
    ) -> Self {
        Pages { parent, list: Arc::new(ListOf { first, build: Box::new(build), foreign_key, sort, args }) }
    }

    async fn load(
        list: &ListOf<T>,
        reader: &Reader,
        parents: &[Uuid],
        with_total: bool,
        columns: ColumnSet,
    ) -> Result<HashMap<Uuid, Connection<T>>> {
        let select = (list.build)(&reader.viewer)?;
        if let Some(first) = &list.first {
            first(parents).await?;
        }
        let query =
            PageQuery::<T>::new(select, list.sort, list.args.clone()).with_total(with_total).reading(columns);
        let pages = query.load_under(reader, list.foreign_key, parents).await?;
        Ok(pages.into_iter().map(|(parent, rows)| (parent, Connection::from(rows))).collect())
    }
}

impl<T: Planned + Positional> Pages<T> {
    /// The page of one row, batched by the data loader.
    pub async fn load_one(self, ctx: &Context<'_>) -> async_graphql::Result<Connection<T>> {
        let with_total = ctx.look_ahead().field("totalCount").exists();
        let (name, arguments) = (ctx.field().name(), ctx.field().arguments()?);
        let batch = format!("{} {name} {arguments:?} {with_total}", self.list.foreign_key);
        let batch = (TypeId::of::<Under<T>>(), batch);
        let key = Key { id: self.parent, batch, lookup: Arc::new(Under { list: self.list, with_total }) };
        let page = load::<Rows<T>>(ctx, key).await?;
        page.map(Connection::from).ok_or_else(|| Error::internal("every parent has a page").into())
    }

    /// The pages of all rows, in the rows' order. Their lists differ in nothing but the parent.
    pub async fn load_all(
        edges: Vec<Self>,
        ctx: &Context<'_>,
        columns: ColumnSet,
    ) -> Result<Vec<Connection<T>>, NotPlannable> {
        let Some(first) = edges.first() else { return Ok(Vec::new()) };
        let reader = &ctx.data_opt::<DataLoader<Loads>>().ok_or(NotPlannable)?.loader().0;
        let with_total = ctx.look_ahead().field("totalCount").exists();
        let mut parents: Vec<Uuid> = edges.iter().map(|edge| edge.parent).collect();
        parents.sort_unstable();
        parents.dedup(); // a parent that stands in the list twice must not get its children twice
        let pages = Pages::<T>::load(&first.list, reader, &parents, with_total, columns)
            .await
            .map_err(|_| NotPlannable)?;
        edges.iter().map(|edge| pages.get(&edge.parent).cloned()).collect::<Option<_>>().ok_or(NotPlannable)
    }
}

/// Keys of all kinds that are read at once; more are read in parts.
const MOST_KEYS: usize = 10_000;

/// What the data loader of a request reads with.
pub struct Loads(pub Reader);

impl Loads {
    /// The data loader of a request. What it reads ends with the request.
    pub fn loader(reader: Reader) -> DataLoader<Loads> {
        let tasks = Mutex::new(JoinSet::new());
        let spawn = move |task| {
            let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        };
        DataLoader::new(Loads(reader), spawn).max_batch_size(MOST_KEYS)
    }
}

/// Request data: a whole row that was read already, and that the viewer may see.
#[derive(Clone)]
pub struct Preloaded(pub Arc<dyn Any + Send + Sync>);

impl Preloaded {
    /// The row of this type and id, if it is that one.
    fn row<T: Positional>(ctx: &Context<'_>, id: Uuid) -> Option<Arc<T>> {
        let row = ctx.data_opt::<Preloaded>()?.0.clone().downcast::<T>().ok()?;
        (row.key() == id).then_some(row)
    }
}

/// A row or a page, of the type that its key asks for.
type Found = Arc<dyn Any + Send + Sync>;

/// What the data loader is asked for: a row by its id, or the page under a parent. One type for all kinds of nodes, for every
/// type of key is one more copy of the loader in the program.
#[derive(Clone)]
pub struct Key {
    id: Uuid,
    /// Keys with the same batch are read together.
    batch: (TypeId, String),
    lookup: Arc<dyn Lookup>,
}

/// How the keys of a batch are read.
trait Lookup: Send + Sync {
    fn read<'a>(&'a self, reader: &'a Reader, ids: &'a [Uuid])
    -> BoxFuture<'a, Result<HashMap<Uuid, Found>>>;
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.batch == other.batch
    }
}
impl Eq for Key {}
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
        self.batch.hash(state);
    }
}

#[async_trait]
impl Loader<Key> for Loads {
    type Value = Result<Found, Arc<Error>>;
    type Error = Arc<Error>;
    async fn load(&self, keys: &[Key]) -> Result<HashMap<Key, Self::Value>, Self::Error> {
        let mut batches: HashMap<&(TypeId, String), Vec<&Key>> = HashMap::new();
        for key in keys {
            batches.entry(&key.batch).or_default().push(key);
        }
        let reads = batches.into_values().map(|keys| async move {
            let ids: Vec<Uuid> = keys.iter().map(|key| key.id).collect();
            let read = keys[0].lookup.read(&self.0, &ids).await.map_err(Arc::new);
            (keys, read)
        });
        let mut found = HashMap::with_capacity(keys.len());
        for (keys, read) in join_all(reads).await {
            for key in keys {
                let value = match &read {
                    Ok(read) => read.get(&key.id).cloned().map(Ok),
                    Err(error) => Some(Err(error.clone())), // of this batch alone
                };
                found.extend(value.map(|value| (key.clone(), value)));
            }
        }
        Ok(found)
    }
}

/// Reads what a key asks for, together with all that is asked for at the same time.
async fn load<T: Send + Sync + 'static>(
    ctx: &Context<'_>,
    key: Key,
) -> async_graphql::Result<Option<Arc<T>>> {
    let Some(found) = loader(ctx)?.load_one(key).await?.transpose()? else { return Ok(None) };
    Ok(Some(found.downcast().map_err(|_| Error::internal("a key is answered with what it asks for"))?))
}

/// Rows by their ids.
struct ById<T>(PhantomData<fn() -> T>);

impl<T: Positional> Lookup for ById<T> {
    fn read<'a>(
        &'a self,
        reader: &'a Reader,
        ids: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Found>>> {
        Box::pin(async move {
            let rows = reader.by_ids::<T>(ids, ColumnSet::ALL).await?;
            Ok(rows.into_iter().map(|(id, row)| (id, Arc::new(row) as Found)).collect())
        })
    }
}

/// Pages under their parents.
struct Under<T: Positional> {
    list: Arc<ListOf<T>>,
    with_total: bool,
}

impl<T: Positional> Lookup for Under<T> {
    fn read<'a>(
        &'a self,
        reader: &'a Reader,
        parents: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Found>>> {
        Box::pin(async move {
            let pages =
                Pages::<T>::load(&self.list, reader, parents, self.with_total, ColumnSet::ALL).await?;
            Ok(pages.into_iter().map(|(parent, page)| (parent, page.shared() as Found)).collect())
        })
    }
}

/// The row with this id, batched by the data loader.
pub async fn one<T: Positional>(ctx: &Context<'_>, id: Uuid) -> async_graphql::Result<Option<One<T>>> {
    if let Some(row) = Preloaded::row(ctx, id) {
        return Ok(Some(One::Node(row)));
    }
    let lookup = Arc::new(ById::<T>(PhantomData));
    let key = Key { id, batch: (TypeId::of::<ById<T>>(), String::new()), lookup };
    Ok(load::<T>(ctx, key).await?.map(One::Node))
}

fn loader<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a DataLoader<Loads>> {
    ctx.data_opt::<DataLoader<Loads>>().ok_or_else(|| Error::Unauthenticated.into())
}

/// A root field's row by its id, if there is one and the viewer may see it: alone, so without the data loader.
///
/// # Errors
/// `Unauthenticated` when nobody is signed in.
pub async fn find<T: Planned + Positional>(
    ctx: &Context<'_>,
    id: impl crate::kernel::ids::TypedId,
) -> Result<Option<One<T>>> {
    let reader = &ctx.data_opt::<DataLoader<Loads>>().ok_or(Error::Unauthenticated)?.loader().0;
    let id = [id.uuid()];
    answer(ctx, |columns| async move { Ok(reader.by_ids::<T>(&id, columns).await?.into_values().next()) })
        .await
}

impl<T: Planned + Positional> Edge for Maybe<T> {
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    type Output = Option<One<T>>;
    async fn resolve(self, ctx: &Context<'_>) -> async_graphql::Result<Self::Output> {
        let Some(id) = self.0 else { return Ok(None) };
        one(ctx, id).await
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        by_ids(edges.into_iter().map(|edge| edge.0).collect(), ctx, plan, |_| Ok(()), PhantomData::<T>).await
    }
}

impl<T: Planned + Positional> Edge for The<T> {
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    type Output = One<T>;
    async fn resolve(self, ctx: &Context<'_>) -> async_graphql::Result<Self::Output> {
        one(ctx, self.0).await?.ok_or_else(|| Error::NotFound.into())
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        // One that is missing is an error, which the ordinary executor tells.
        let must_be = |found: bool| if found { Ok(()) } else { Err(NotPlannable) };
        by_ids(edges.into_iter().map(|edge| Some(edge.0)).collect(), ctx, plan, must_be, PhantomData::<T>)
            .await
    }
}

/// Loads and writes each distinct row once; the rows' edges repeat its text.
async fn by_ids<T: Planned + Positional>(
    keys: Vec<Option<Uuid>>,
    ctx: Context<'_>,
    plan: &Plan<'_>,
    missing: impl Fn(bool) -> Result<(), NotPlannable>,
    _node: PhantomData<T>,
) -> Result<Parts, NotPlannable> {
    let mut ids: Vec<Uuid> = keys.iter().flatten().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let reader = &ctx.data_opt::<DataLoader<Loads>>().ok_or(NotPlannable)?.loader().0;
    let known = match ids[..] {
        [id] => Preloaded::row::<T>(&ctx, id),
        _ => None,
    };
    let rows = if ids.is_empty() || known.is_some() {
        HashMap::new()
    } else {
        reader.by_ids::<T>(&ids, T::columns(plan)).await.map_err(|_| NotPlannable)?
    };
    let rows = rows.values().chain(known.as_deref());
    let (ids, rows): (Vec<Uuid>, Vec<&T>) = rows.map(|row| (row.key(), row)).unzip();
    let place: HashMap<Uuid, usize> = ids.into_iter().enumerate().map(|(place, id)| (id, place)).collect();
    let texts = render(&rows, plan, &ctx.with_selection_set(&ctx.item.node.selection_set)).await?;
    let size = ctx.data_opt::<Size>();
    let mut parts = Parts::with_capacity(keys.len());
    for key in keys {
        let found = key.and_then(|id| place.get(&id));
        missing(found.is_some())?;
        parts.push(found.map_or(b"null", |place| texts.get(*place)));
        size.map_or(Ok(()), |size| size.admit(&parts.text)).map_err(|_| NotPlannable)?;
    }
    Ok(parts)
}

impl<T: Planned + Positional> Edge for Pages<T> {
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<Connection<T>>(env, set)
    }
    type Output = One<Connection<T>>;
    async fn resolve(self, ctx: &Context<'_>) -> async_graphql::Result<Self::Output> {
        Ok(One::new(self.load_one(ctx).await?))
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let pages = Pages::load_all(edges, &ctx, Connection::<T>::columns(plan)).await?;
        let rows: Vec<&Connection<T>> = pages.iter().collect();
        render(&rows, plan, &ctx.with_selection_set(&ctx.item.node.selection_set)).await
    }
}

impl<T: Planned> Edge for Inline<T> {
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    type Output = Option<One<T>>;
    async fn resolve(self, _: &Context<'_>) -> async_graphql::Result<Self::Output> {
        Ok(self.0.map(One::new))
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let rows: Vec<&T> = edges.iter().filter_map(|edge| edge.0.as_ref()).collect();
        let texts = render(&rows, plan, &ctx.with_selection_set(&ctx.item.node.selection_set)).await?;
        let (mut parts, mut next) = (Parts::with_capacity(edges.len()), 0..);
        for edge in &edges {
            let text = if edge.0.is_some() { next.next().map(|place| texts.get(place)) } else { None };
            parts.push(text.unwrap_or(b"null"));
        }
        Ok(parts)
    }
}

impl<T: Planned> Edge for Inlines<T> {
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    type Output = List<T>;
    async fn resolve(self, _: &Context<'_>) -> async_graphql::Result<Self::Output> {
        Ok(List::new(self.0))
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let rows: Vec<&T> = edges.iter().flat_map(|edge| &edge.0).collect();
        let texts = render(&rows, plan, &ctx.with_selection_set(&ctx.item.node.selection_set)).await?;
        let (mut parts, mut start) = (Parts::with_capacity(edges.len()), 0);
        for edge in &edges {
            parts.push_list(&texts, start..start + edge.0.len());
            start += edge.0.len();
        }
        Ok(parts)
    }
}

impl<T: Planned> Edge for Within<T> {
    type Output = One<T>;
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    async fn resolve(self, _: &Context<'_>) -> async_graphql::Result<Self::Output> {
        Ok(One::new(self.0))
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let rows: Vec<&T> = edges.iter().map(|edge| &edge.0).collect();
        render(&rows, plan, &ctx.with_selection_set(&ctx.item.node.selection_set)).await
    }
}

impl<L: Leaf + OutputType> Edge for Computed<L> {
    type Output = L;
    fn plan<'a>(_: &'a QueryEnv, _: &'a SelectionSet) -> Option<Plan<'a>> {
        Some(Plan::default())
    }
    async fn resolve(self, _: &Context<'_>) -> async_graphql::Result<L> {
        Ok(self.0)
    }
    async fn render(edges: Vec<Self>, _: Context<'_>, _: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let mut parts = Parts::with_capacity(edges.len());
        for edge in edges {
            edge.0.put(&mut parts.text);
            parts.end();
        }
        Ok(parts)
    }
}

impl<T: Planned + Positional> Edge for All<T> {
    type Output = List<T>;
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    async fn resolve(self, ctx: &Context<'_>) -> async_graphql::Result<Self::Output> {
        Ok(self.0.load_one(ctx).await?.rows())
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let pages =
            Pages::load_all(edges.into_iter().map(|edge| edge.0).collect(), &ctx, T::columns(plan)).await?;
        let set = ctx.with_selection_set(&ctx.item.node.selection_set);
        lists(pages.iter().map(|page| page.nodes_of()), plan, &set).await
    }
}
