/** The drawing's own style: used by popup and full page and written into exported SVG files, so that all look alike. Colours: theme.ts. */
export const DRAWING_STYLE = `
.atlas { direction: ltr; }
.atlas text { font: 11px "IBM Plex Mono", ui-monospace, monospace; fill: var(--text); }
.atlas .owner, .atlas .label, .atlas .ticks text { font: 10px "Source Sans Pro", system-ui, sans-serif; fill: var(--quiet); }
.atlas .label { paint-order: stroke; stroke: var(--back); stroke-width: 3; stroke-linejoin: round; }
.atlas[data-axis="free"] .id { paint-order: stroke; stroke: var(--back); stroke-width: 3; stroke-linejoin: round; }
.atlas .ticks line { stroke: var(--line); }
.atlas .claim { fill: none; stroke: var(--quiet); stroke-width: 1.2; stroke-dasharray: 2 4; }
.atlas .lock { fill: none; stroke: var(--text); stroke-width: 1.2; }
.atlas .card, .atlas .under { fill: var(--soft); stroke: var(--edge); }
.atlas .mark { fill: var(--mark); stroke: var(--text); stroke-width: 0.6; }
.atlas .ring { fill: none; stroke: var(--link); stroke-width: 2; }
.atlas [data-ghost="true"] .card { fill: var(--back); stroke-dasharray: 4 3; }
.atlas [data-ghost="true"] .mark { fill: var(--back); stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 2 2; }
.atlas [data-ghost="true"] .id { font-style: italic; }
.atlas [data-current="true"] .card { fill: var(--current); stroke: var(--link); }
.atlas [data-current="true"] .id { font-weight: 700; }
.atlas [data-current="true"] .owner { fill: var(--text); }
.atlas .node[data-path="true"] .card { stroke: var(--text); stroke-width: 1.5; }
.atlas [data-focused="true"] .card, .atlas [data-focused="true"] .mark { stroke: var(--text); stroke-width: 3; }
.atlas .node[data-faint="true"], .atlas .edge[data-faint="true"] { opacity: 0.25; }
.atlas .verdict { font-weight: 700; fill: var(--cool); }
.atlas [data-verdict="documented"] .verdict { fill: var(--good); }
.atlas [data-verdict="undocumented"] .verdict { fill: var(--note); }
.atlas [data-verdict="contradicted"] .verdict { fill: var(--bad); }
.atlas .edge .line { fill: none; stroke: var(--same); stroke-width: 1.8; }
.atlas .edge[data-path="true"] .line { stroke-width: 3.4; }
.atlas .edge[data-group="training"] .line { stroke: var(--training); }
.atlas .edge[data-group="same"] .line { stroke: var(--same); stroke-linecap: round; }
.atlas .edge[data-group="bits"] .line { stroke: var(--bits); }
.atlas .edge[data-group="lora"] .line { stroke: var(--lora); }
.atlas .edge[data-group="merge"] .line { stroke: var(--merge); }
.atlas .edge[data-group="surgery"] .line { stroke: var(--surgery); }
.atlas .edge .halo { fill: none; stroke: var(--halo); stroke-width: 8; }
.atlas .label[data-declared="false"] { fill: var(--note); font-weight: 600; }
`
