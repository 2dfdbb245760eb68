import { at, button, make } from './parts.js';
import { hasKey } from './service.js';

/** A request as calls to copy. */

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

const curl = (request, address) => [
  `curl ${quoted(address)} --json ${quoted(JSON.stringify(request))}`,
  ...hasKey() ? ['--header "Authorization: Bearer $CODE_KEY"'] : [],
].join(' \\\n  ');

const grpcurl = request => [
  `grpcurl ${location.protocol === 'https:' ? '' : '-plaintext '}-d ${quoted(JSON.stringify(request))}`,
  ...hasKey() ? ['-H "authorization: Bearer $CODE_KEY"'] : [],
  `${location.hostname}:${document.documentElement.dataset.grpcPort} code.v1.Generation/Generate`,
].join(' \\\n  ');

const PYTHON_KEY = 'headers["Authorization"] = "Bearer " + os.environ["CODE_KEY"]\n';

const python = (request, address) => `import base64, json, ${hasKey() ? 'os, ' : ''}urllib.request

headers = {"Content-Type": "application/json"}
${hasKey() ? PYTHON_KEY : ''}body = json.dumps(${JSON.stringify(request)}).encode()
request = urllib.request.Request(${JSON.stringify(address)}, body, headers)
with urllib.request.urlopen(request) as response:
    for image in json.load(response)["images"]:
        with open(f"{image['index']}.png", "wb") as file:
            file.write(base64.b64decode(image["image"]["data"]))`;

const block = (name, text) => {
  const pre = make('pre', { tabIndex: 0 }, text);
  pre.setAttribute('aria-label', name);
  const copy = button('Copy', async () => {
    getSelection().selectAllChildren(pre);
    try {
      // Not there on plain HTTP of another host, where what is selected can be copied by hand.
      await navigator.clipboard.writeText(text);
      copy.textContent = 'Copied';
    } catch {
      copy.textContent = 'Selected; press Ctrl+C';
    }
  });
  return make('section', { className: 'call' }, make('h3', {}, name), copy, pre);
};

/** Shows a request as calls. */
export const showCalls = request => {
  const address = new URL('v1/generate', document.baseURI).href;
  at('calls').replaceChildren(
    block('grpcurl', grpcurl(request)), block('Python', python(request, address)),
    block('curl', curl(request, address)));
  at('call-dialog').showModal();
};
