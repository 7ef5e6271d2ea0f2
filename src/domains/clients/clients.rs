//! The verbs of a client: create, update, reassign, and the transitions of its status.

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    QueryTrait, Select,
};

use super::rules::{self, ClientAction, ClientErrorCode as Code, Facts};
use super::tables::client::{self, Address, ClientKind, ClientStatus, Consents, Model};
use super::tables::event_log_entry::{EventLogCode, EventLogKind};
use super::tables::external_ref;
use super::timeline::{self, NewEntry};
use super::{CLIENT_UPDATED, draft, markets, terms};
use crate::domains::identity::{teams, users};
use crate::domains::notifications::inbox;
use crate::domains::notifications::notification::NotificationKind;
use crate::kernel::error::Check;
use crate::kernel::ids::{ClientId, ExternalRefId, TeamId, UserId};
use crate::kernel::{Error, Patch, Result, Stop, tax_id, text};
use crate::platform::auth::{Right, Role};
use crate::platform::db::{Change, ChangeKind, Tx, Visible, differences, insert_all};

/// Longest reason of a transition.
const REASON_MAX: usize = 500;

/// A client to be made.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Person or company.
    pub kind: ClientKind,
    /// Full or company name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, as typed.
    pub phone: Option<String>,
    /// Tax id, as typed.
    pub tax_id: Option<String>,
    /// Postal address.
    pub address: Option<Address>,
    /// Key of the market.
    pub market: String,
    /// Key of the ecosystem.
    pub ecosystem: Option<String>,
    /// Whose it will be. `Keep`: the advisor who makes it; `Clear`: the team's pool.
    pub advisor: Patch<UserId>,
    /// The team, where neither advisor nor viewer tells it.
    pub team: Option<TeamId>,
    /// Labels.
    pub tags: Vec<String>,
    /// What the client allowed.
    pub consents: Consents,
    /// Keys in other systems: (system, key).
    pub external_refs: Vec<(String, String)>,
    /// Make it though a visible client has the same e-mail, phone or tax id.
    pub allow_duplicate: bool,
}

/// What changes of a client.
#[derive(Clone, Debug, Default)]
pub struct ClientPatch {
    /// Person or company.
    pub kind: Patch<ClientKind>,
    /// Name.
    pub name: Patch<String>,
    /// E-mail address.
    pub email: Patch<String>,
    /// Phone number, as typed.
    pub phone: Patch<String>,
    /// Tax id, as typed.
    pub tax_id: Patch<String>,
    /// Postal address.
    pub address: Patch<Address>,
    /// Key of the ecosystem.
    pub ecosystem: Patch<String>,
    /// Labels: the whole list.
    pub tags: Patch<Vec<String>>,
    /// Consents: those given.
    pub consents: Patch<ConsentPatch>,
}

/// Which consents change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsentPatch {
    /// To process the personal data.
    pub data: Option<bool>,
    /// To write e-mails.
    pub email: Option<bool>,
    /// To call.
    pub phone: Option<bool>,
    /// To write on WhatsApp.
    pub whatsapp: Option<bool>,
}

/// Makes a client.
pub async fn create(tx: &mut Tx, new: NewClient) -> Result<ClientId, Stop<Code>> {
    tx.by.may(Right::WriteClients)?;
    let mut check = Check::default();
    let market = markets::by_key(tx, &new.market).await?;
    if market.is_none() {
        check.refuse(Code::MarketUnknown, "market", "there is no market with this key");
    }
    let country = market.as_ref().map(|market| market.country.as_str());
    let name = draft::name(&mut check, &new.name);
    let email = new.email.and_then(|value| draft::email(&mut check, &value));
    let phone = new.phone.and_then(|value| draft::phone(&mut check, &value, country));
    let tax_id = new.tax_id.and_then(|value| draft::tax_id(&mut check, &value, country));
    let address = new.address.and_then(|value| draft::address(&mut check, value));
    let tags = draft::tags(&mut check, new.tags);
    let mut ecosystem_id = None;
    if let (Some(key), Some(market)) = (&new.ecosystem, &market) {
        ecosystem_id = ecosystem(tx, &mut check, key, market.id).await?;
    }
    let (team, advisor_id) = owner(tx, &mut check, &new.advisor, new.team).await?;
    for (index, (system, key)) in new.external_refs.iter().enumerate() {
        let twice =
            new.external_refs.iter().take(index).any(|earlier| earlier.0 == *system && earlier.1 == *key);
        if twice {
            let field = format!("externalRefs.{index}");
            check.refuse(Code::ExternalRefTaken, &field, "this key is given twice");
            continue;
        }
        check_external_ref(tx, &mut check, index, system, key).await?;
    }
    if !new.allow_duplicate {
        let found = [&email, &phone, &tax_id];
        refuse_duplicates(tx, &mut check, found).await?;
    }
    check.done()?;
    let (Some(market), Some(name), Some(team_id)) = (market, name, team) else {
        return Err(Error::internal("a checked field is missing").into());
    };
    let mut row = Model {
        id: ClientId::new(),
        version: 1,
        number: markets::draw_number(tx, &market).await?,
        kind: new.kind,
        name_sort: text::fold(&name),
        words: String::new(),
        name,
        email,
        phone,
        tax_id,
        address,
        status: ClientStatus::Prospect,
        market_id: Some(market.id),
        ecosystem_id,
        team_id,
        advisor_id,
        tags,
        consents: new.consents,
        created_at: tx.now,
        updated_at: tx.now,
        erased_at: None,
    };
    row.words = terms::search_text(&row);
    client::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn()).await?;
    terms::write(tx, None, &row).await?;
    insert_external_refs(tx, row.id, new.external_refs).await?;
    let change = Change::of(ChangeKind::Created, row.id, 1, differences(None, Some(&row))?);
    tx.record(change.on(CLIENT_UPDATED, timeline::audience(&row, None)));
    timeline::write(
        tx,
        &row,
        NewEntry::told(
            EventLogKind::System,
            EventLogCode::ClientCreated,
            serde_json::json!({ "change": "created" }),
        ),
    )
    .await?;
    tell_advisor(tx, &row).await?;
    Ok(row.id)
}

/// Changes fields of a client.
pub async fn update(
    tx: &mut Tx,
    id: ClientId,
    expected: i32,
    patch: ClientPatch,
) -> Result<ClientId, Stop<Code>> {
    let before = locked(tx, id, LockType::NoKeyUpdate).await?;
    allow(tx, ClientAction::Update, &before)?;
    let mut after = before.clone();
    let mut check = Check::default();
    let market = match before.market_id {
        Some(market) => markets::get(tx, market).await?,
        None => None,
    };
    let country = market.as_ref().map(|market| market.country.as_str());
    if let Patch::Set(value) = patch.name {
        after.name = draft::name(&mut check, &value).unwrap_or_default();
    } else if patch.name == Patch::Clear {
        check.refuse(Code::Invalid, "name", "must not be null");
    }
    match patch.kind {
        Patch::Keep => {}
        Patch::Clear => check.refuse(Code::Invalid, "kind", "must not be null"),
        Patch::Set(kind) => after.kind = kind,
    }
    edit(patch.email, &mut after.email, |value| draft::email(&mut check, &value));
    edit(patch.phone, &mut after.phone, |value| draft::phone(&mut check, &value, country));
    edit(patch.tax_id, &mut after.tax_id, |value| draft::tax_id(&mut check, &value, country));
    match patch.address {
        Patch::Keep => {}
        Patch::Clear => after.address = None,
        // One without any line is none.
        Patch::Set(address) => after.address = draft::address(&mut check, address),
    }
    match patch.ecosystem {
        Patch::Keep => {}
        Patch::Clear => after.ecosystem_id = None,
        Patch::Set(key) => match &market {
            Some(market) => after.ecosystem_id = ecosystem(tx, &mut check, &key, market.id).await?,
            None => check.refuse(Code::EcosystemUnknown, "ecosystem", "the client has no market"),
        },
    }
    match patch.tags {
        Patch::Keep => {}
        Patch::Clear => after.tags = Default::default(),
        Patch::Set(tags) => after.tags = draft::tags(&mut check, tags),
    }
    match patch.consents {
        Patch::Keep => {}
        Patch::Clear => after.consents = Consents::default(),
        Patch::Set(given) => {
            let Consents { data, email, phone, whatsapp } = after.consents;
            after.consents = Consents {
                data: given.data.unwrap_or(data),
                email: given.email.unwrap_or(email),
                phone: given.phone.unwrap_or(phone),
                whatsapp: given.whatsapp.unwrap_or(whatsapp),
            };
        }
    }
    if after.status == ClientStatus::Active && !Facts::from(&after).reachable {
        check.refuse(
            Code::ContactMissing,
            "email",
            "an active client needs an e-mail address or a phone number",
        );
    }
    check.done()?;
    after.name_sort = text::fold(&after.name);
    write(tx, before, after, expected).await
}

/// Gives a client to another advisor, or to the pool of a team.
pub async fn reassign(
    tx: &mut Tx,
    id: ClientId,
    expected: i32,
    advisor: Option<UserId>,
    team: Option<TeamId>,
) -> Result<ClientId, Stop<Code>> {
    let before = locked(tx, id, LockType::Update).await?;
    allow(tx, ClientAction::Reassign, &before)?;
    let mut check = Check::default();
    let mut after = before.clone();
    let mut name = None;
    if let Some(advisor) = advisor {
        match users::assignable(tx, advisor).await? {
            Some(user) if team.is_none_or(|team| user.team_id == Some(team)) => {
                after.team_id = user.team_id.unwrap_or(before.team_id);
                name = Some(user.name);
            }
            _ => {
                check.refuse(Code::AdvisorUnknown, "advisorId", "there is no such advisor in a team of yours")
            }
        }
    } else if let Some(team) = team {
        if teams::exists(tx, team).await? {
            after.team_id = team;
        } else {
            check.refuse(Code::TeamUnknown, "teamId", "there is no such team");
        }
    }
    check.done()?;
    after.advisor_id = advisor;
    let changed = (after.team_id, after.advisor_id) != (before.team_id, before.advisor_id);
    if after.team_id != before.team_id {
        tx.by.may(Right::MoveClientsAcrossTeams)?;
    }
    if changed {
        let values = serde_json::json!({ "change": "advisor", "to": name });
        let entry = NewEntry::told(EventLogKind::StateChange, EventLogCode::ClientAssigned, values);
        write(tx, before, after.clone(), expected).await?;
        terms::hand_over(tx, &after).await?;
        timeline::write(tx, &after, entry).await?;
        tell_advisor(tx, &after).await?;
    }
    Ok(id)
}

/// Tells an advisor that the client is theirs now.
async fn tell_advisor(tx: &mut Tx, client: &Model) -> Result<()> {
    match client.advisor_id {
        Some(advisor) => {
            inbox::tell(tx, advisor, NotificationKind::ClientAssigned, Some(client.id), client.id).await
        }
        None => Ok(()),
    }
}

/// Moves the status by one of the transitions.
pub async fn transit(
    tx: &mut Tx,
    id: ClientId,
    expected: i32,
    action: ClientAction,
    reason: Option<String>,
) -> Result<ClientId, Stop<Code>> {
    let before = locked(tx, id, LockType::NoKeyUpdate).await?;
    allow(tx, action, &before)?;
    let status = rules::leads_to(action).ok_or_else(|| Error::internal("this action is no transition"))?;
    let reason = text::optional(&text::tidy(&reason.unwrap_or_default()), REASON_MAX)
        .map_err(|rule| Stop::refuse(Code::Invalid, "reason", rule))?;
    if action == ClientAction::Block && reason.is_none() {
        return Err(Stop::refuse(Code::Invalid, "reason", "tell why the client is blocked"));
    }
    move_to(tx, before, expected, status, reason).await
}

/// Follows another system that put a client aside, or took it back: whatever it was, it is inactive then, and afterwards what
/// it was before. A blocked one stays blocked.
pub async fn set_aside(
    tx: &mut Tx,
    id: ClientId,
    expected: i32,
    aside: bool,
) -> Result<ClientId, Stop<Code>> {
    let before = locked(tx, id, LockType::NoKeyUpdate).await?;
    allow(tx, ClientAction::Update, &before)?;
    let was = if aside { None } else { timeline::status_before(tx, id, ClientStatus::Inactive).await? };
    let status = rules::set_aside((&before).into(), aside, was);
    if status == before.status {
        return Ok(id);
    }
    move_to(tx, before, expected, status, None).await
}

/// Moves the status, and tells the client's story.
async fn move_to(
    tx: &mut Tx,
    before: Model,
    expected: i32,
    status: ClientStatus,
    reason: Option<String>,
) -> Result<ClientId, Stop<Code>> {
    let after = Model { status, ..before.clone() };
    let values = serde_json::json!({ "from": before.status, "to": status, "reason": reason });
    let entry = NewEntry::told(EventLogKind::StateChange, EventLogCode::ClientStatusChanged, values);
    write(tx, before, after.clone(), expected).await?;
    timeline::write(tx, &after, entry).await?;
    Ok(after.id)
}

/// A client that the viewer may see, for a write of what hangs on it: it stays whose it is until this write ends. Else a
/// client given away meanwhile would take the new row along, and its new advisor would never hear of it.
///
/// # Errors
/// `NotFound`.
pub async fn get(tx: &Tx, id: ClientId) -> Result<Model> {
    // As weak as a foreign key's lock: writes beside each other do not wait, only those that take the client itself.
    let query = client::Entity::visible_to(&tx.by)
        .filter(client::Column::Id.eq(id))
        .filter(client::Column::ErasedAt.is_null()) // nothing hangs itself on an erased one
        .lock(LockType::KeyShare);
    query.one(tx.conn()).await?.ok_or(Error::NotFound)
}

/// The client on which a row hangs, for a write of that row: held as by [`get`], and before the row is locked. A write that had
/// the row and waited for the client could meet one that has the client and waits for the row.
///
/// # Errors
/// `NotFound`.
pub(super) async fn above<E: EntityTrait>(tx: &Tx, row: Select<E>, client_id: E::Column) -> Result<Model> {
    let its = row.select_only().column(client_id).into_query();
    let query = client::Entity::visible_to(&tx.by).filter(client::Column::Id.in_subquery(its));
    query.lock(LockType::KeyShare).one(tx.conn()).await?.ok_or(Error::NotFound)
}

/// The client, locked for a write of its own fields. What hangs on it is written beside that: only a write that changes whose
/// the client is must wait for those, and takes [`LockType::Update`].
async fn locked(tx: &Tx, id: ClientId, lock: LockType) -> Result<Model> {
    let query = client::Entity::visible_to(&tx.by).filter(client::Column::Id.eq(id)).lock(lock);
    query.one(tx.conn()).await?.ok_or(Error::NotFound)
}

fn allow(tx: &Tx, action: ClientAction, client: &Model) -> Result<(), Stop<Code>> {
    rules::judge(action, client.into(), &tx.by).map_err(|blocked| {
        let message = format!("{}: {}", blocked.message, blocked.fix);
        Stop::refuse(blocked.code, "id", message)
    })
}

/// Writes the fields that differ, unless others changed the same ones meanwhile.
async fn write(tx: &mut Tx, before: Model, mut after: Model, expected: i32) -> Result<ClientId, Stop<Code>> {
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(before.id, expected, before.version, &changes).await?;
    if changes.is_empty() {
        return Ok(before.id);
    }
    after.version = before.version + 1;
    after.updated_at = tx.now;
    after.words = terms::search_text(&after);
    terms::write(tx, Some(&before), &after).await?;
    let change = Change::of(ChangeKind::Updated, before.id, after.version, changes);
    tx.record(change.on(CLIENT_UPDATED, timeline::audience(&after, Some(&before))));
    let id = after.id;
    client::Entity::update(after.into_active_model().reset_all()).exec(tx.conn()).await?;
    Ok(id)
}

/// Whose a new client is: team and advisor.
async fn owner(
    tx: &Tx,
    check: &mut Check<Code>,
    advisor: &Patch<UserId>,
    team: Option<TeamId>,
) -> Result<(Option<TeamId>, Option<UserId>)> {
    let own = tx.by.user_id().filter(|_| tx.by.role == Role::Advisor && team.is_none());
    let advisor = match advisor {
        Patch::Set(advisor) => Some(*advisor),
        Patch::Keep => own,
        Patch::Clear => None,
    };
    if let Some(advisor) = advisor {
        return Ok(match users::assignable(tx, advisor).await? {
            Some(user) if team.is_none_or(|team| user.team_id == Some(team)) => (user.team_id, Some(advisor)),
            _ => {
                check.refuse(
                    Code::AdvisorUnknown,
                    "advisorId",
                    "there is no such advisor in a team of yours",
                );
                (None, None)
            }
        });
    }
    let team = team.or(tx.by.team);
    match team {
        Some(team) if teams::exists(tx, team).await? => Ok((Some(team), None)),
        Some(_) => {
            check.refuse(Code::TeamUnknown, "teamId", "there is no such team");
            Ok((None, None))
        }
        None => {
            check.refuse(Code::TeamUnknown, "teamId", "name an advisor or a team");
            Ok((None, None))
        }
    }
}

async fn ecosystem(
    tx: &Tx,
    check: &mut Check<Code>,
    key: &str,
    market: crate::kernel::ids::MarketId,
) -> Result<Option<crate::kernel::ids::EcosystemId>> {
    let found = markets::ecosystem_by_key(tx, key).await?.filter(|e| e.market_id == market && e.active);
    if found.is_none() {
        check.refuse(
            Code::EcosystemUnknown,
            "ecosystem",
            "there is no active ecosystem with this key in the market",
        );
    }
    Ok(found.map(|ecosystem| ecosystem.id))
}

/// Only clients that the viewer may see count: a refusal must not tell of the others. Of two writes that look for the same
/// value one waits for the other, so that it finds what that one makes.
async fn refuse_duplicates(
    tx: &Tx,
    check: &mut Check<Code>,
    [email, phone, tax_id]: [&Option<String>; 3],
) -> Result<()> {
    // Generic tax ids stand for "none of their own": many clients share them.
    let tax_id = tax_id.as_deref().filter(|id| !tax_id::GENERIC_RFCS.contains(id));
    let same = Condition::any()
        .add_option(email.as_ref().map(|value| client::Column::Email.eq(value)))
        .add_option(phone.as_ref().map(|value| client::Column::Phone.eq(value)))
        .add_option(tax_id.map(|value| client::Column::TaxId.eq(value)));
    if same.is_empty() {
        return Ok(());
    }
    let value = |field: &str, value: &str| format!("client {field} {value}");
    let keys = [
        email.as_deref().map(|email| value("email", email)),
        phone.as_deref().map(|phone| value("phone", phone)),
        tax_id.map(|id| value("taxId", id)),
    ];
    tx.lock_keys(keys.into_iter().flatten()).await?;
    for twin in client::Entity::visible_to(&tx.by).filter(same).limit(10).all(tx.conn()).await? {
        let pairs = [
            ("email", email.is_some() && twin.email == *email),
            ("phone", phone.is_some() && twin.phone == *phone),
            ("taxId", tax_id.is_some() && twin.tax_id.as_deref() == tax_id),
        ];
        for (field, _) in pairs.into_iter().filter(|(_, same)| *same) {
            let message =
                format!("{} {} has the same; allowDuplicate makes another one", twin.number, twin.name);
            check.refuse(Code::Duplicate, field, message);
        }
    }
    Ok(())
}

async fn check_external_ref(
    tx: &Tx,
    check: &mut Check<Code>,
    index: usize,
    system: &str,
    key: &str,
) -> Result<()> {
    let unseen = |c: char| c.is_whitespace() || c.is_control() || text::is_ignorable(c);
    let sound = |text: &str, max: usize| (1..=max).contains(&text.len()) && !text.contains(unseen);
    if !sound(system, 40) || !sound(key, 200) {
        let rule = "system (at most 40 characters) and key (at most 200) must be given, without white space or anything that shows nothing";
        check.refuse(Code::Invalid, &format!("externalRefs.{index}"), rule);
        return Ok(());
    }
    let taken =
        external_ref::Entity::visible_to(&crate::platform::auth::Viewer::system("external keys are unique"))
            .filter(external_ref::Column::System.eq(system))
            .filter(external_ref::Column::Key.eq(key))
            .one(tx.conn())
            .await?;
    if taken.is_some() {
        check.refuse(Code::ExternalRefTaken, &format!("externalRefs.{index}"), "another client has this key");
    }
    Ok(())
}

async fn insert_external_refs(tx: &Tx, client_id: ClientId, mut refs: Vec<(String, String)>) -> Result<()> {
    refs.sort_unstable(); // in one order everywhere: two writes of the same keys wait for each other only one way
    let rows = refs.into_iter().map(|(system, key)| {
        let row =
            external_ref::Model { id: ExternalRefId::new(), client_id, system, key, created_at: tx.now };
        row.into_active_model()
    });
    insert_all(tx.conn(), rows, None).await
}

/// Edits a field that may be empty; a refused value leaves it as it was.
fn edit<V, T>(patch: Patch<V>, field: &mut Option<T>, checked: impl FnOnce(V) -> Option<T>) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = None,
        Patch::Set(value) => {
            if let Some(value) = checked(value) {
                *field = Some(value);
            }
        }
    }
}
