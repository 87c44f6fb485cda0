import { html } from 'hono/html'
import type { OpenApiDocument } from '../../../api/openapi/document.ts'
import { type ProblemCode, problems as known } from '../../../api/problem.ts'
import { type Chapter, chapters, type Described, type Json } from './chapters.ts'
import { fiveMinutes } from './five_minutes.ts'
import { problemWords } from './problem_words.ts'
import { type Field, propertiesOf, typeOf } from './shapes.ts'

type Html = ReturnType<typeof html>

/**
 * The reference as one page that needs no script: what a program has to know, every operation by
 * chapter, every shape. `stylesheet` is the address of its CSS.
 */
export async function referencePage(
  document: OpenApiDocument,
  { stylesheet }: { stylesheet: string },
): Promise<string> {
  // As programs get it: what a schema leaves undefined is not there.
  const described: Described = JSON.parse(JSON.stringify(document))
  const all = chapters(described)
  const page = await html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>API reference · Spawnpoint</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="${stylesheet}">
      </head>
      <body class="reference">
        <a class="skip" href="#main">Skip to the content</a>
        <header class="reference-header">
          <a class="brand" href="/"><img src="/favicon.svg" width="32" height="32" alt="">Spawnpoint</a>
          <a href="/api/openapi.json">openapi.json</a>
        </header>
        <div class="reference-body">
          ${contents(all)}
          <main id="main" tabindex="-1">
            <h1>API reference</h1>
            <p class="lead">${marked(described.info.description)}</p>
            ${fiveMinutes()}
            ${access()}
            ${errors()}
            ${all.map(chapter)}
            ${shapes(described)}
          </main>
        </div>
      </body>
    </html>
  `
  return String(page)
}

function contents(all: Chapter[]): Html {
  return html`
    <nav class="contents" aria-label="Contents">
      <ul>
          <li><a href="#five-minutes">Five minutes</a></li>
          <li><a href="#access">Access</a></li>
          <li><a href="#errors">When it fails</a></li>
          ${all.map(({ name, slug, operations }) =>
            html`
              <li>
                <a href="#${slug}">${name}</a>
                <ul>${operations.map(({ id, summary }) =>
                  html`<li><a href="#${id}">${summary}</a></li>`
                )}</ul>
              </li>
            `
          )}
          <li><a href="#shapes">Shapes</a></li>
        </ul>
    </nav>
  `
}

function access(): Html {
  return html`
    <section class="chapter" aria-labelledby="access">
      <h2 id="access">Access</h2>
      <p>
          <strong>Programs</strong> send <code>Authorization: Bearer</code> and the access token of
          <a href="#createTokens"><code>POST /api/auth/tokens</code></a>. It is good for 10 minutes.
          The refresh token gets the next pair, once: used a second time it ends the session, for
          then somebody else has it too. No cookie is set, and none is looked at.
        </p>
      <p>
          <strong>The shop’s own pages</strong> use cookies that no script can read. Writes with them
          must come from the shop’s own origin, as <code>application/json</code>.
        </p>
      <p>
          Reading needs a valid access token; writing also needs its session, so that one that was
          ended <a href="#listSessions">in the account</a> changes nothing more. What is somebody
          else’s answers <code>not-found</code>.
        </p>
    </section>
  `
}

function errors(): Html {
  return html`
    <section class="chapter" aria-labelledby="errors">
      <h2 id="errors">When it fails</h2>
      <p>
          The answer is a problem (RFC 9457, <code>application/problem+json</code>). Branch on the last part
          of <code>type</code>: it never changes. <code>detail</code> says what to do, <code>errors</code>
          which field is wrong. Quote <code>requestId</code> when you write to support.
        </p>
      <pre class="code" tabindex="0"><code>${JSON.stringify(
        {
          type: '/problems/validation-failed',
          title: 'The request is not valid',
          status: 422,
          detail: 'Check the fields named and send the request again.',
          errors: [{ pointer: '#/term', detail: 'Choose monthly, quarterly or yearly' }],
          instance: '/api/checkout/sessions',
          requestId: 'req_01kc5y2q7r1s5t9v3w7x1y5z9b',
        },
        null,
        2,
      )}</code></pre>
      <p>
          <strong>429</strong> and <strong>503</strong> carry <code>Retry-After</code> in seconds. Repeat
          what you asked after it; a purchase with the same <code>Idempotency-Key</code>.
        </p>
      ${problemTable()}
    </section>
  `
}

/** Every code there is; `#problem-…` leads to its row. */
function problemTable(): Html {
  const codes = Object.keys(known).filter((code): code is ProblemCode => code in problemWords)
  return html`
    <table class="problems">
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Status</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>${codes.map((code) =>
        html`
          <tr id="problem-${code}">
            <td><code>${code}</code></td>
            <td>${known[code][0]}</td>
            <td>${marked(problemWords[code])}</td>
          </tr>
        `
      )}</tbody>
    </table>
  `
}

function chapter({ name, slug, description, operations }: Chapter): Html {
  return html`<section class="chapter" aria-labelledby="${slug}">
    <h2 id="${slug}">${name}</h2>
    <p class="lead">${marked(description)}</p>
    ${operations.map(operation)}
  </section>`
}

function operation(one: Chapter['operations'][number]): Html {
  const { id, method, path, summary, description, needsSession, parameters, body, answers } = one
  return html`<article class="operation" aria-labelledby="${id}">
    <h3 id="${id}"><a href="#${id}">${summary}</a></h3>
    <p class="route">
      <span class="method method-${method.toLowerCase()}">${method}</span>
      <code>${path}</code>
      ${needsSession ? html`<span class="needs">signed in</span>` : ''}
    </p>
    ${description ? html`<p>${marked(description)}</p>` : ''}
    ${parameters.length > 0 ? fields('Parameters', parameters) : ''}
    ${body ? html`${fields('Body', body.fields)}${code(body.example)}` : ''}
    ${
    answers.map((answer) =>
      html`<h4>${answer.status} <span>${answer.description}</span></h4>${
        answer.example === undefined ? '' : code(answer.example, answer.shape)
      }`
    )
  }
    ${problems(one)}
  </article>`
}

function problems({ problems: all }: Chapter['operations'][number]): Html {
  return html`
    <details>
      <summary>What can go wrong</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">Code</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>${all.map(({ status, code, title }) =>
          html`
            <tr>
              <td>${status}</td>
              <td><a href="#problem-${code}"><code>${code}</code></a></td>
              <td>${title}</td>
            </tr>
          `
        )}</tbody>
      </table>
    </details>
  `
}

function fields(heading: string, all: Field[]): Html {
  return html`
    <h4>${heading}</h4>
    <dl class="fields">${all.map(({ name, type, required, description }) =>
      html`
        <div>
          <dt><code>${name}</code> <span>${type}${required ? '' : ', optional'}</span></dt>
          <dd>${marked(description)}</dd>
        </div>
      `
    )}</dl>
  `
}

function code(example: Json, shape?: string): Html {
  const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2)
  return html`${
    shape ? html`<p class="shape-link">A <a href="#shape-${shape}">${shape}</a>.</p>` : ''
  }
  <pre class="code" tabindex="0"><code>${text}</code></pre>`
}

function shapes({ components }: Described): Html {
  return html`<section class="chapter" aria-labelledby="shapes">
    <h2 id="shapes">Shapes</h2>
    ${
    Object.entries(components.schemas).map(([name, schema]) =>
      html`<article class="operation" aria-labelledby="shape-${name}">
        <h3 id="shape-${name}"><a href="#shape-${name}">${name}</a></h3>
        <p>${marked(schema.description ?? '')}</p>
        ${
        schema.properties
          ? fields('Fields', propertiesOf(schema))
          : html`<p><code>${typeOf(schema)}</code></p>`
      }
      </article>`
    )
  }
  </section>`
}

/** Backticks become code; everything else is text. */
function marked(text: string): Html[] {
  return text.split(/`([^`]*)`/).map((part, index) =>
    index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`
  )
}
