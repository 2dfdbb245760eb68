/** Calls of the gateway: with the key, if there is one, and errors in the service's words. */

const KEY = 'code-key';

export const hasKey = () => sessionStorage.getItem(KEY) !== null;

export const useKey = key => sessionStorage.setItem(KEY, key);

/** An error that is shown as it is. */
export class ServiceError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const reasonOf = async response => {
  try {
    return (await response.json()).message;
  } catch {
    return `The service answered ${response.status}.`;
  }
};

/** Asks, and gives the answer if it is a good one. */
export const ask = async (address, { body, headers = {}, ...options } = {}) => {
  const key = sessionStorage.getItem(KEY);
  const all = { ...headers };
  if (key) {
    all.Authorization = `Bearer ${key}`;
  }

  if (body !== undefined) {
    all['Content-Type'] = 'application/json';
  }

  let response;
  try {
    response = await fetch(address, {
      method: body === undefined ? 'GET' : 'POST', body: body && JSON.stringify(body), headers: all, ...options,
    });
  } catch (error) {
    throw error.name === 'AbortError' ? error : new ServiceError('The service cannot be reached.', 0);
  }

  // An answer to a former key says nothing of one that was entered meanwhile.
  if (response.status === 401 && sessionStorage.getItem(KEY) === key) {
    sessionStorage.removeItem(KEY);
    dispatchEvent(new Event('key-wanted'));
  }

  if (!response.ok) {
    throw new ServiceError(await reasonOf(response), response.status);
  }

  return response;
};

/** Reads server-sent events as [name, data]. */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }

      const blocks = (text + value).split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/) ?? [];
        if (name) {
          yield [name, JSON.parse(data)];
        }
      }
    }
  } catch (error) {
    throw error.name === 'AbortError' ? error : new ServiceError('The connection to the service was lost.', 0);
  } finally {
    reader.cancel().catch(() => {});
  }
}

const TYPES = {
  IMAGE_FORMAT_PNG: 'image/png', IMAGE_FORMAT_WEBP: 'image/webp', IMAGE_FORMAT_JPEG: 'image/jpeg',
};

/** An address of a picture in a message. */
export const addressOf = image => {
  const bytes = Uint8Array.from(atob(image.data), character => character.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: TYPES[image.format] ?? 'image/png' }));
};
