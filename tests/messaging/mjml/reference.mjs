// Compiles each *.mjml here with the reference compiler and writes its HTML beside it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import mjml2html from 'mjml'
import preset from 'mjml-preset-core'

const folder = new URL('./', import.meta.url)

for (const name of readdirSync(folder).filter((name) => name.endsWith('.mjml'))) {
  const source = readFileSync(new URL(name, folder), 'utf8')
  const { html, errors } = await mjml2html(source, { validationLevel: 'strict' })
  if (errors.length) throw new Error(`${name}: ${errors[0].formattedMessage}`)
  const lines = html.split('\n').map((line) => line.trimEnd()).filter(Boolean)
  writeFileSync(new URL(name.replace('.mjml', '.html'), folder), lines.join('\n') + '\n')
}
const components = preset.components.map((component) => component.componentName)
writeFileSync(new URL('components.txt', folder), components.sort().join('\n') + '\n')
