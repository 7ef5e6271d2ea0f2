//! What advisors write down, step by step of a client's story. `{a}` is whom they speak with, `{v}` the vehicle, `{r}`
//! the route or town, `{p}` its price, `{m}` a smaller amount, `{d}` a day to come; the other words in braces differ
//! between the countries (`Region::words`).

use crate::domains::clients::activity::ActivityKind;
use crate::domains::clients::event_log_entry::EventLogKind;
use EventLogKind::{
    Call, Contract, Contribution, Credit, Document, Email, Kyc, Meeting, Note, Payment, Whatsapp,
};

/// A step of a client's story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Somebody wrote the client down.
    Created,
    /// The lead gave the client to its advisor.
    Given,
    /// How they first came to us.
    Opening,
    /// Before the sale.
    Talk,
    /// Papers came in.
    Papers,
    /// Identity was checked.
    Identity,
    /// Credit was decided.
    Credit,
    /// The client became active.
    Activated,
    /// A contract was signed.
    Signed,
    /// Money came in.
    Paid,
    /// A contribution to a savings plan came in.
    Saved,
    /// After the sale.
    Care,
    /// Why they buy no more.
    Leaving,
    /// The client became inactive.
    Deactivated,
    /// Why we want no more business.
    Trouble,
    /// The client was blocked.
    Blocked,
}

/// Texts of a step with their kinds. State changes have none: theirs are the words of `domains/clients`.
pub fn lines(step: Step, company: bool) -> &'static [(EventLogKind, &'static str)] {
    match step {
        Step::Created | Step::Given | Step::Activated | Step::Deactivated | Step::Blocked => &[],
        Step::Opening if company => &COMPANY_OPENING,
        Step::Opening => &OPENING,
        Step::Talk if company => &COMPANY_TALK,
        Step::Talk => &TALK,
        Step::Papers if company => {
            &[(Document, "Recibo {escritura}."), (Document, "Llega la constancia fiscal de la empresa.")]
        }
        Step::Papers => &[
            (Document, "Recibo {identidad}."),
            (Document, "{a} sube sus documentos; falta el reverso de uno."),
        ],
        Step::Identity => {
            &[(Kyc, "Identidad verificada."), (Kyc, "Identidad verificada tras repetir la foto.")]
        }
        Step::Credit => &[
            (Credit, "Crédito aprobado: {p} a 48 meses."),
            (Credit, "Crédito aprobado: {p} a 60 meses, con aval."),
            (Credit, "Crédito en revisión: piden otro estado de cuenta."),
        ],
        Step::Signed => &[
            (Contract, "Contrato firmado: {v}, {p}."),
            (Contract, "Contrato firmado con firma electrónica: {v}."),
        ],
        Step::Paid => &[
            (Payment, "Pago de {m} por {transferencia}."),
            (Payment, "Pago de {m} con tarjeta."),
            (Payment, "Mensualidad pagada: {m}."),
        ],
        Step::Saved => &[(Contribution, "Aportación al plan de ahorro de {r}: {m}.")],
        Step::Care => &CARE,
        Step::Leaving => &LEAVING,
        Step::Trouble => &TROUBLE,
    }
}

const OPENING: [(EventLogKind, &str); 8] = [
    (Call, "Primera llamada: {a} pregunta por la {v}; quiere precio de contado y a plazos."),
    (Whatsapp, "{a} escribe desde el anuncio: ¿la {v} está disponible?"),
    (Email, "Llega por el formulario de la web; pide información de la {v}."),
    (Meeting, "{a} pasa por {agencia}, ve la {v} y se lleva el folleto."),
    (Note, "Viene de parte de otro cliente de {r}."),
    (Call, "Llamo por su registro en la expo: sigue con interés en la {v}."),
    (Whatsapp, "Manda un audio: trabaja en {r} y necesita cambiar de {auto} antes de fin de año."),
    (Note, "Contacto de la feria. Maneja en {r}; su {auto} tiene once años."),
];

const COMPANY_OPENING: [(EventLogKind, &str); 6] = [
    (Call, "Primera llamada con {a}: renuevan parte de la flota y buscan tres unidades: {v}."),
    (Email, "{a} pide {cotización} de dos unidades: {v}."),
    (Meeting, "{a} nos recibe en sus oficinas; quieren comparar con lo que tienen en {r}."),
    (Note, "Los recomienda un proveedor de {r}. Compran cada dos años."),
    (Email, "Llega por el formulario de la web; la empresa opera en {r}."),
    (Whatsapp, "{a} pide que la llamada sea después de las cinco."),
];

const TALK: [(EventLogKind, &str); 22] = [
    (Call, "No contesta; dejo recado."),
    (Call, "{a} compara con otra marca; le explico la garantía."),
    (Call, "Aclaro dudas sobre {el enganche}: {m}."),
    (Call, "Pide una semana más para decidir. Vuelvo a llamar {d}."),
    (Call, "Pregunta cuánto ahorra con {gas} al mes; quedo en mandar la cuenta."),
    (Email, "Envío {cotización} de la {v}: {p}."),
    (Email, "Envío tabla de pagos a 36, 48 y 60 meses."),
    (Email, "Mando la comparación de consumo que pidió."),
    (Whatsapp, "Manda fotos de su {auto} actual para que la revisemos."),
    (Whatsapp, "Confirma la cita {d}."),
    (Whatsapp, "Pregunta si puede dar {m} para reservar."),
    (Whatsapp, "Le paso la ubicación de {agencia}."),
    (Whatsapp, "Dice que la {v} le parece cara; ofrezco el plan de ahorro."),
    (Meeting, "{prueba}: le gusta la {v}, pide ver otro color."),
    (Meeting, "Viene con su familia; ven la {v} y hacen números."),
    (Meeting, "Revisamos su solicitud; faltan dos comprobantes."),
    (Note, "Decide después de {platicar} con su familia. Llamar {d}."),
    (Note, "Le preocupa el mantenimiento; tiene el taller de un primo."),
    (Note, "Prefiere que le escriban por WhatsApp después de las seis."),
    (Note, "Ahorra con otros compañeros de {r}: pueden ser cuatro ventas."),
    (Note, "Su presupuesto llega a {p}."),
    (Note, "Interés alto: pregunta por fecha de entrega."),
];

const COMPANY_TALK: [(EventLogKind, &str); 14] = [
    (Call, "{a} confirma que el presupuesto se aprueba este mes."),
    (Call, "No está; su asistente dice que llame {d}."),
    (Call, "Pide descuento por volumen; lo consulto."),
    (Email, "Envío {cotización} de tres unidades: {v}, {p} cada una."),
    (Email, "Mando ficha técnica y plan de mantenimiento."),
    (Email, "Piden la propuesta con factura a 30 días."),
    (Whatsapp, "{a} pregunta si hay entrega inmediata de la {v}."),
    (Whatsapp, "Confirma la visita {d}."),
    (Meeting, "{prueba} con dos de sus conductores; buenos comentarios sobre la {v}."),
    (Meeting, "Reunión con {a} y administración: revisan costos por kilómetro."),
    (Note, "La decisión pasa por el consejo. Llamar {d}."),
    (Note, "Tienen once unidades; cambian tres por año."),
    (Note, "Quieren rotular las unidades antes de la entrega."),
    (Note, "También cotizan en otro lugar; importa más el servicio que el precio."),
];

const CARE: [(EventLogKind, &str); 14] = [
    (Note, "Entregada la {v}; foto con {a} en {agencia}."),
    (Call, "Llamada de seguimiento: todo bien con la {v}."),
    (Call, "Pregunta por el primer servicio; cita {d}."),
    (Whatsapp, "Manda foto del tablero: ya pasó el primer servicio."),
    (Whatsapp, "Pide el enlace para pagar la mensualidad."),
    (Whatsapp, "Pregunta por {gas}: le paso el contacto del taller."),
    (Email, "Envío factura y estado de cuenta."),
    (Email, "Mando recordatorio del pago: {m}."),
    (Meeting, "Viene por la segunda llave y los papeles."),
    (Note, "Recomienda a un compañero de {r}; llamar {d}."),
    (Note, "Quiere adelantar pagos en diciembre."),
    (Call, "Se retrasa unos días con la mensualidad; avisa a tiempo."),
    (Note, "Piensa en una segunda {auto} el próximo año."),
    (Call, "Ruido en la puerta corrediza; queda cita en taller {d}."),
];

const LEAVING: [(EventLogKind, &str); 5] = [
    (Note, "Vendió la {auto} y por ahora no va a comprar otra."),
    (Call, "Cambia de negocio; agradece la atención."),
    (Call, "Se muda y deja {r}."),
    (Email, "Responde que este año no renuevan."),
    (Whatsapp, "Dice que ya compró en otro lugar."),
];

const TROUBLE: [(EventLogKind, &str); 4] = [
    (Note, "Segundo pago devuelto; no contesta."),
    (Call, "El número ya no existe y en la dirección no lo conocen."),
    (Note, "Los comprobantes no coinciden con lo declarado."),
    (Note, "Insultos al personal de {agencia}."),
];

/// Why a lead blocks a client.
pub const BLOCK_REASONS: [&str; 4] = [
    "Pagos devueltos",
    "Documentos que no coinciden",
    "Reclamación en curso",
    "A petición de administración",
];

/// Why a client becomes inactive.
pub const LEAVE_REASONS: [&str; 3] = ["Sin compras en el año", "Vendió la unidad", "Compró en otro lugar"];

/// What is planned with those who have not bought yet.
pub const PLANS_BEFORE: [(ActivityKind, &str); 12] = [
    (ActivityKind::Call, "Llamar a {a} por la {cotización} de la {v}"),
    (ActivityKind::Call, "Preguntar a {a} si ya decidió"),
    (ActivityKind::Call, "Volver a llamar a {a}"),
    (ActivityKind::Email, "Enviar {cotización} de la {v}"),
    (ActivityKind::Email, "Mandar tabla de pagos"),
    (ActivityKind::Meeting, "{prueba} con {a}"),
    (ActivityKind::Meeting, "Cita con {a} en {agencia}"),
    (ActivityKind::Meeting, "Visita en {r}"),
    (ActivityKind::Sale, "Cerrar la venta de la {v}"),
    (ActivityKind::Payment, "Cobrar {el enganche}: {m}"),
    (ActivityKind::Task, "Pedir los documentos que faltan"),
    (ActivityKind::Task, "Revisar la solicitud de crédito de {a}"),
];

/// What is planned with those who have bought.
pub const PLANS_AFTER: [(ActivityKind, &str); 11] = [
    (ActivityKind::Call, "Llamada de seguimiento con {a}"),
    (ActivityKind::Call, "Recordar a {a} la mensualidad"),
    (ActivityKind::Email, "Enviar estado de cuenta"),
    (ActivityKind::Email, "Mandar la factura del servicio"),
    (ActivityKind::Meeting, "Primer servicio de la {v}, con {a}"),
    (ActivityKind::Meeting, "Entrega de papeles en {agencia}"),
    (ActivityKind::Sale, "Ofrecer a {a} una segunda {auto}"),
    (ActivityKind::Payment, "Cobrar mensualidad: {m}"),
    (ActivityKind::Payment, "Confirmar el pago de {m}"),
    (ActivityKind::Task, "Agendar la entrega de la {v}"),
    (ActivityKind::Task, "Pedir la póliza del seguro"),
];

/// Days to come, as advisors write them.
pub const DAYS: [&str; 7] = [
    "el lunes",
    "el martes por la tarde",
    "el miércoles",
    "el jueves a las diez",
    "el viernes",
    "a fin de mes",
    "la próxima semana",
];
