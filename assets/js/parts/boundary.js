// @ts-check
import { Component } from '/js/core/view.js';

/**
 * What is inside may fail to draw itself; what is outside stays.
 * @typedef {{ fallback?: (error: any, again: () => void) => any, onError?: (error: any) => void, children?: any }} Props
 *   `fallback` draws what stands in its place, with a way to try again
 */
export class Boundary extends Component {
  constructor(/** @type {Props} */ props) {
    super(props);
    this.state = { error: null };
  }

  componentDidCatch(/** @type {any} */ error) {
    // Whoever can mend it looks there.
    console.error(error);
    this.setState({ error });
    this.props.onError?.(error);
  }

  render() {
    const { fallback, children } = this.props;
    const { error } = this.state;
    return error ? fallback?.(error, () => this.setState({ error: null })) ?? null : children;
  }
}
