/** What the documentation page looks like beyond Swagger UI's own style: our head, and room on a phone. */
export const style = `
:root { --head: #fff; --ink: #1f2937; --soft: #6b7280; --line: #d1d5db; --field: #fff; --accent: #4338ca; --error: #b91c1c; }
:root.dark-mode { --head: #14171a; --ink: #e4e6e6; --soft: #a3a9ad; --line: #444b50; --field: #22272b; --accent: #6366f1; --error: #fca5a5; }
body { margin: 0; }
#head { background: var(--head); border-bottom: 1px solid var(--line); color: var(--ink); font: 15px/1.4 system-ui, sans-serif; }
#head > div { align-items: center; box-sizing: border-box; display: flex; flex-wrap: wrap; gap: 8px 16px; margin: 0 auto; max-width: 1460px; padding: 10px 20px; }
#head a { align-items: center; color: inherit; display: flex; font-weight: 600; gap: 10px; margin-right: auto; text-decoration: none; }
#head img { height: 28px; width: 28px; }
#head form { display: flex; flex-wrap: wrap; gap: 8px; }
#head input, #head button { border: 1px solid var(--line); border-radius: 6px; box-sizing: border-box; font: inherit; min-height: 36px; padding: 4px 10px; }
#head input { background: var(--field); color: inherit; width: 190px; }
#head button { background: var(--accent); border-color: var(--accent); color: #fff; cursor: pointer; }
#head p { color: var(--soft); flex-basis: 100%; margin: 0; }
#head p:empty { display: none; }
#head p.error { color: var(--error); }
#head [hidden] { display: none; }
#head :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.swagger-ui .info { margin: 24px 0; }
.swagger-ui .scheme-container { margin: 0 0 16px; padding: 12px 0; }
@media (max-width: 640px) {
  #head > div { padding: 10px 12px; }
  #head form, #head input, #head form button { width: 100%; }
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .opblock-tag { flex-wrap: wrap; }
  .swagger-ui .opblock .opblock-summary { flex-wrap: wrap; }
  .swagger-ui .opblock .opblock-summary-method { min-width: 64px; padding: 6px 4px; }
  .swagger-ui .opblock .opblock-summary-path { max-width: none; word-break: break-word; }
  .swagger-ui .opblock-body, .swagger-ui .responses-inner { overflow-x: auto; }
}
`;
