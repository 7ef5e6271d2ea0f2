//! The two markets of the demo, with their towns, streets and words. Telephone numbers and tax ids follow the rules of
//! their country and belong to nobody that we know of.

use crate::platform::zones::Zone;

/// A market of the demo, and how its clients live and speak.
pub struct Region {
    /// Key of the market.
    pub key: &'static str,
    /// Name of the market.
    pub name: &'static str,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    /// Where its clock hangs.
    pub zone: Zone,
    /// Language of its people.
    pub locale: &'static str,
    /// What client numbers begin with.
    pub number_prefix: &'static str,
    /// Ecosystems: key, name, whether open to new clients.
    pub ecosystems: &'static [(&'static str, &'static str, bool)],
    /// Towns: name, beginning of the postal code.
    pub towns: &'static [(&'static str, &'static str)],
    /// State or province.
    pub province: &'static str,
    /// Streets.
    pub streets: &'static [&'static str],
    /// What telephone numbers begin with, and how many digits follow.
    pub phones: &'static [(&'static str, usize)],
    /// What companies are called; `{}` stands for a name.
    pub companies: &'static [&'static str],
    /// What company names end with.
    pub forms: &'static [&'static str],
    /// What is sold: each is feminine, so that the texts need not know.
    pub vehicles: &'static [&'static str],
    /// Words that differ between the countries: what stands in the texts, and how it is said here.
    pub words: &'static [(&'static str, &'static str)],
}

/// The markets of the demo.
pub static REGIONS: [Region; 2] = [
    Region {
        key: "aguascalientes",
        name: "Aguascalientes",
        country: "MX",
        currency: "MXN",
        zone: Zone::named("America/Mexico_City"),
        locale: "es-MX",
        number_prefix: "AGS",
        ecosystems: &[
            ("ags-ruta-12", "Ruta 12 Alameda", true),
            ("ags-ruta-24", "Ruta 24 Los Mezquites", true),
            ("ags-ruta-41", "Ruta 41 Villa Real", true),
            ("ags-ruta-50", "Ruta 50 Jesús María", true),
            ("ags-ruta-07", "Ruta 7 Estación", false),
        ],
        towns: &[
            ("Aguascalientes", "20"),
            ("Aguascalientes", "20"),
            ("Aguascalientes", "20"),
            ("Jesús María", "209"),
            ("Calvillo", "208"),
            ("Rincón de Romos", "204"),
            ("San Francisco de los Romo", "203"),
        ],
        province: "Aguascalientes",
        streets: &[
            "Av. de los Mezquites",
            "Calle Cempasúchil",
            "Av. Poniente",
            "Calle Herreros",
            "Privada del Huizache",
            "Calle Nogal",
            "Av. Constitución",
            "Calle Río Hondo",
            "Blvd. de las Torres",
            "Calle Manantial",
        ],
        phones: &[("+52449", 7), ("+52449", 7), ("+52495", 7), ("+52465", 7), ("+52458", 7)],
        companies: &[
            "Autotransportes {}",
            "Transportes {}",
            "Refaccionaria {}",
            "Grupo {}",
            "Distribuidora {}",
            "Materiales {}",
            "Purificadora {}",
            "Servicios Turísticos {}",
            "Lácteos {}",
            "Mensajería {}",
        ],
        forms: &["S.A. de C.V.", "S. de R.L. de C.V.", "S.C.", "S.A.P.I. de C.V."],
        vehicles: &[
            "vagoneta de 15 plazas",
            "vagoneta de 19 plazas",
            "combi a gas natural",
            "camioneta de reparto",
            "pickup doble cabina",
            "urban de 14 plazas",
        ],
        words: &[
            ("el enganche", "el enganche"),
            ("cotización", "cotización"),
            ("prueba", "prueba de manejo"),
            ("identidad", "INE y comprobante de domicilio"),
            ("escritura", "acta constitutiva y poder del representante"),
            ("transferencia", "SPEI"),
            ("agencia", "la agencia"),
            ("platicar", "platicar"),
            ("auto", "unidad"),
            ("gas", "el equipo de gas natural"),
        ],
    },
    Region {
        key: "madrid",
        name: "Madrid",
        country: "ES",
        currency: "EUR",
        zone: Zone::named("Europe/Madrid"),
        locale: "es-ES",
        number_prefix: "MAD",
        ecosystems: &[
            ("mad-taxi-sur", "Taxi Sur", true),
            ("mad-vtc-centro", "VTC Centro", true),
            ("mad-reparto-henares", "Reparto Henares", true),
        ],
        towns: &[
            ("Madrid", "280"),
            ("Madrid", "280"),
            ("Getafe", "289"),
            ("Leganés", "289"),
            ("Móstoles", "289"),
            ("Alcalá de Henares", "288"),
            ("Coslada", "288"),
        ],
        province: "Madrid",
        streets: &[
            "Calle del Olivar Viejo",
            "Avenida de los Cedros",
            "Calle Mayor",
            "Paseo de la Dehesa",
            "Calle del Molino",
            "Calle de la Fragua",
            "Avenida de la Estación",
            "Plaza del Pilón",
            "Calle Amapola",
            "Ronda del Sur",
        ],
        phones: &[("+346", 8), ("+346", 8), ("+346", 8), ("+3491", 7)],
        companies: &[
            "Transportes {}",
            "Taxis {}",
            "Logística {}",
            "Hermanos {}",
            "Reparto Urgente {}",
            "Talleres {}",
            "Grupo {}",
            "Mudanzas {}",
            "Instalaciones {}",
            "Floristería {}",
        ],
        forms: &["S.L.", "S.L.U.", "S.A.", "S.Coop."],
        vehicles: &[
            "furgoneta eléctrica",
            "furgoneta de reparto",
            "berlina híbrida",
            "furgoneta adaptada",
            "berlina eléctrica",
            "ranchera híbrida",
        ],
        words: &[
            ("el enganche", "la entrada"),
            ("cotización", "oferta"),
            ("prueba", "prueba de conducción"),
            ("identidad", "DNI y última declaración de la renta"),
            ("escritura", "escritura de constitución y poder"),
            ("transferencia", "transferencia"),
            ("agencia", "la exposición"),
            ("platicar", "hablar"),
            ("auto", "furgoneta"),
            ("gas", "el punto de recarga"),
        ],
    },
];
