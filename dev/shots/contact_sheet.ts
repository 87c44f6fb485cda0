import type { Scene } from '../../tests/browser/scenes.ts'
import { fileOf, type Look } from './take.ts'

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }
body { margin: 24px }
nav { columns: 12em; margin-bottom: 32px }
nav a { display: block }
h2 { margin: 40px 0 8px; font-size: 16px }
.looks { display: flex; gap: 12px; overflow-x: auto; align-items: flex-start }
figure { margin: 0; flex: none }
figcaption { opacity: .7 }
img { display: block; height: 420px; width: auto; max-width: none; border: 1px solid #8886;
  object-fit: cover; object-position: top }
`

/** A page with all pictures, one row a scene; each leads to its file. */
export function contactSheet(scenes: Scene[], looks: Look[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Every page of the shop</title>
<style>${STYLE}</style>
<h1>${scenes.length} pages, ${scenes.length * looks.length} pictures</h1>
<nav>${scenes.map(({ name }) => `<a href="#${name}">${name}</a>`).join('\n')}</nav>
${scenes.map((scene) => row(scene, looks)).join('\n')}
</html>
`
}

function row(scene: Scene, looks: Look[]): string {
  return `<h2 id="${scene.name}">${scene.name}</h2>
<div class="looks">${looks.map((look) => picture(scene, look)).join('\n')}</div>`
}

function picture(scene: Scene, look: Look): string {
  const file = fileOf(scene, look)
  const caption = `${look.width} ${look.theme}`
  return `<figure>
<a href="${file}"><img loading="lazy" src="${file}" alt="${scene.name}, ${caption}"></a>
<figcaption>${caption}</figcaption>
</figure>`
}
