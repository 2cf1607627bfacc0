/** The drawing's own style: used by the popup's page and written into exported SVG files, so that both look alike. */
export const DRAWING_STYLE = `
.atlas text { font: 11px "IBM Plex Mono", ui-monospace, monospace; fill: var(--text, #1f2937); }
.atlas .owner, .atlas .label { font: 10px "Source Sans Pro", system-ui, sans-serif; fill: var(--quiet, #6b7280); }
.atlas .node rect { fill: var(--soft, #f9fafb); stroke: var(--edge, #9ca3af); }
.atlas .node[data-ghost="true"] rect { fill: none; stroke-dasharray: 4 3; }
.atlas .node[data-ghost="true"] .id { font-style: italic; }
.atlas .node[data-current="true"] rect { fill: var(--current, #dbeafe); stroke-width: 2; stroke: var(--link, #1d4ed8); }
.atlas .node[data-current="true"] .id { font-weight: 700; }
.atlas .node[data-current="true"] .owner { fill: var(--text, #1f2937); }
.atlas .node[data-focused="true"] rect { stroke-width: 3; stroke: var(--text, #1f2937); }
.atlas .verdict { font-weight: 700; fill: var(--cool, #374151); }
.atlas [data-verdict="documented"] .verdict { fill: var(--good, #166534); }
.atlas [data-verdict="undocumented"] .verdict { fill: var(--note, #92400e); }
.atlas [data-verdict="contradicted"] .verdict { fill: var(--bad, #9f1239); }
.atlas .edge .line { fill: none; stroke: var(--same, #64748b); stroke-width: 1.8; }
.atlas .edge[data-group="training"] .line { stroke: var(--training, #2563eb); }
.atlas .edge[data-group="same"] .line { stroke: var(--same, #64748b); stroke-linecap: round; }
.atlas .edge[data-group="bits"] .line { stroke: var(--bits, #0d9488); }
.atlas .edge[data-group="lora"] .line { stroke: var(--lora, #7c3aed); }
.atlas .edge[data-group="merge"] .line { stroke: var(--merge, #c2410c); }
.atlas .edge[data-group="surgery"] .line { stroke: var(--surgery, #be185d); }
.atlas .edge .halo { fill: none; stroke: #f59e0b; stroke-width: 8; opacity: 0.3; }
.atlas .label[data-declared="false"] { fill: var(--note, #92400e); font-weight: 600; }
`
